package records

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

// Fill copies messages of a log into a page, from page.Next on, up to last or what the
// request allows. What cannot be read becomes the page's gap, if it is the next message.
// It fails where the engine fails to read for other reasons than damage.
func Fill(page *store.Page, db pebble.Reader, log, last uint64, req store.ReadRequest) error {
	b := pageBuilder{page: page, req: req, frames: req.Buffer[:0], last: last}
	return b.fill(db, log)
}

// Loss returns the gap of messages that the storage has lost.
func Loss(first, last uint64, cause error) *store.Gap {
	return &store.Gap{Reason: store.DataLoss, First: first, Last: last, Cause: cause}
}

// pageBuilder copies records into a page until it is full or something is
// missing.
type pageBuilder struct {
	page   *store.Page
	req    store.ReadRequest
	frames []byte
	last   uint64 // of the epoch
}

func (b *pageBuilder) fill(db pebble.Reader, log uint64) error {
	last := b.last
	var f Found
	var ok bool
	c, err := Open(db, log, last)
	if err == nil {
		defer c.Close()
		f, ok, err = c.SeekIn(b.req.Cut, b.page.Next)
	}
	for ; err == nil && ok && f.First <= b.page.Next; f, ok, err = c.Next() {
		more, addErr := b.add(f)
		if addErr != nil {
			err = addErr
			break
		}
		if !more || b.page.Next > last {
			b.finish()
			return nil
		}
	}
	b.finish()
	switch {
	case !b.page.Empty() || b.page.Gap != nil:
		return nil // whatever comes next is the next page's
	case err == nil && ok:
		b.lose(f.First, nil)
	case err == nil:
		b.lose(last+1, nil)
	case IsUnreadable(err):
		b.lose(NextReadable(db, log, b.page.Next, last), err)
	default:
		return err
	}
	return nil
}

// add copies the part of a record from Next on. It reports whether the page has
// room for more.
func (b *pageBuilder) add(f Found) (more bool, err error) {
	skip := b.page.Next - f.First
	if skip >= uint64(f.Count) {
		return true, nil
	}
	frames, count := f.Frames, uint64(f.Count)-skip
	if skip > 0 {
		n, err := frame.Skip(frames, skip)
		if err != nil {
			return false, fmt.Errorf("record %d: %w: %w", f.First, ErrUnreadable, err)
		}
		frames = frames[n:]
	}
	room := b.req.MaxBytes - len(b.frames)
	whole := true
	if b.req.MaxMessages > 0 && b.page.Count()+count > b.req.MaxMessages {
		count, whole = b.req.MaxMessages-b.page.Count(), false
	}
	if !whole || len(frames) > room {
		if len(b.frames) > 0 && len(frames) > room {
			return false, nil
		}
		n, size, err := frame.Fit(frames, count, room)
		if err != nil {
			return false, fmt.Errorf("record %d: %w: %w", f.First, ErrUnreadable, err)
		}
		frames, count, whole = frames[:size], n, false
	}
	b.take(layout.Time(f.Time), frames, count)
	if !whole {
		b.page.Cut = f.First
	}
	return whole && len(b.frames) < b.req.MaxBytes &&
		(b.req.MaxMessages == 0 || b.page.Count() < b.req.MaxMessages), nil
}

func (b *pageBuilder) take(at time.Time, frames []byte, count uint64) {
	if b.page.Empty() {
		b.page.First, b.page.FirstTime = b.page.Next, at
	}
	b.frames = append(b.frames, frames...)
	b.page.Next += count
	b.page.Last, b.page.LastTime = b.page.Next-1, at
}

func (b *pageBuilder) finish() {
	if !b.page.Empty() {
		b.page.Frames = b.frames
	}
}

func (b *pageBuilder) lose(resume uint64, cause error) {
	b.page.Gap = Loss(b.page.Next, resume-1, cause)
	b.page.Next = resume
}

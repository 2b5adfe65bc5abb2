package delivery

import (
	"context"
	"errors"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

// Reader is a place in a topic. It is for one goroutine.
type Reader struct {
	src    *Source
	topic  string
	filter filter
	tail   *tail.Tail

	place

	stop    bool
	until   uint64 // the last sequence to deliver
	cut     uint64 // of the last page of the store
	changed <-chan struct{}
	records []store.Record // spare

	response response // of the last piece
}

// Close releases the reader. Its last piece is no longer valid.
func (r *Reader) Close() {
	r.response.release()
	r.src.Buffers.readers.Add(-1)
	r.tail.Close()
}

// Ended reports whether a reader that stops at the head has come to it.
func (r *Reader) Ended() bool { return r.stop && r.gap == nil && r.next > r.until }

// Next returns what is ready. It does not wait; an empty piece says where the
// reader is. It fails with store.ErrTopicNotFound where the topic has been
// deleted.
func (r *Reader) Next(ctx context.Context) (Piece, error) {
	return r.piece(r.src.Buffers.response, func(limit int) (Piece, error) {
		v := r.tail.From(r.epoch, r.next, limit, r.records)
		defer r.spare(v.Records)
		r.changed, r.head = v.Changed, max(r.head, v.Last)
		switch {
		case v.Deleted:
			return Piece{}, store.ErrTopicNotFound
		case r.gap != nil, v.AtEnd, r.next > r.until:
			return Piece{}, nil
		case len(v.Records) > 0:
			return r.fromTail(v.Records, limit)
		default:
			return r.fromStore(ctx, limit, r.until-r.next+1)
		}
	})
}

// maxSpare is how many records there is room for that a reader keeps.
const maxSpare = 64

// spare keeps the memory of records that have been read for the next ones, but not
// what many small ones took.
func (r *Reader) spare(records []store.Record) {
	clear(records)
	if r.records = records[:0]; cap(records) > maxSpare {
		r.records = nil
	}
}

// Page returns what is stored, at most so many messages. Otherwise it is Next, for
// those who close the reader before they send what it returns.
func (r *Reader) Page(ctx context.Context, maxMessages uint64) (Piece, error) {
	return r.piece(r.src.Buffers.page, func(limit int) (Piece, error) {
		if r.gap != nil {
			return Piece{}, nil
		}
		return r.fromStore(ctx, limit, maxMessages)
	})
}

// piece completes what read returns. A gap before the start comes by itself.
func (r *Reader) piece(memory func() response, read func(limit int) (Piece, error)) (Piece, error) {
	r.response.release()
	r.response = memory()
	p, err := read(r.response.limit)
	if err != nil {
		return Piece{}, err
	}
	if r.gap != nil {
		p.Gap, r.gap = r.gap, nil
	}
	p.Cursor = r.Cursor()
	p.Last = r.Last()
	p.More = r.next <= min(r.head, r.until)
	if len(p.Frames) == 0 {
		r.response.release() // a reader that waits keeps no memory
		return p, nil
	}
	p.Frames = r.response.settle(p.Frames)
	p.Bytes = len(p.Frames)
	return p, nil
}

// Encoded says that the frames of the last piece are not needed any more. What was
// encoded from them still counts, until the next piece.
func (r *Reader) Encoded() { r.response.encoded() }

// Cursor returns the place after the last piece, in the epoch of what lies before
// it.
func (r *Reader) Cursor() store.Cursor {
	return store.Cursor{Epoch: r.past.At(r.next-1, r.epoch), Sequence: r.next - 1}
}

// Last returns the topic's last sequence as far as the reader knows.
func (r *Reader) Last() uint64 { return max(r.head, r.next-1) }

func (r *Reader) fromStore(ctx context.Context, limit int, maxMessages uint64) (Piece, error) {
	page, err := r.src.Store.Read(ctx, store.ReadRequest{
		Topic: r.topic, Epoch: r.epoch, From: r.next, Cut: r.cut,
		MaxBytes: limit, MaxMessages: maxMessages, Buffer: r.response.bytes(limit),
	})
	if _, ok := errors.AsType[*store.MismatchError](err); ok {
		return Piece{}, store.ErrTopicNotFound // this life of the topic is over
	}
	if err != nil {
		return Piece{}, err
	}
	r.next, r.cut, r.head = page.Next, page.Cut, max(r.head, page.TopicLast)
	p := Piece{Frames: page.Frames, Messages: page.Count()}
	if page.Gap != nil {
		p.Gap = gap(page.Gap)
	}
	if page.Empty() {
		return p, nil
	}
	r.src.Observer.Looked(false)
	r.response.keep(page.Frames)
	if r.filter != nil {
		// In place: what is kept is never longer than what was looked at.
		p.Frames, _, p.Messages, err = r.filter.choose(page.Frames[:0], page.Frames, len(page.Frames))
	}
	return p, err
}

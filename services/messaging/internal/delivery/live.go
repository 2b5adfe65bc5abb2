package delivery

import (
	"fmt"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// fromTail puts a piece together from records, the first of which holds the next
// message. A single one is used as it is, without copying.
func (r *Reader) fromTail(records []store.Record, limit int) (Piece, error) {
	r.src.Observer.Looked(true)
	var p Piece
	var out []byte
	for i, record := range records {
		frames, count, err := part(record, r.next, r.until)
		if err != nil || count == 0 {
			return p, err
		}
		if r.filter == nil && len(records) == 1 && len(frames) <= limit {
			p.Frames, p.Messages = frames, count
			r.next += count
			return p, nil
		}
		if i == 0 {
			out = r.response.bytes(min(size(records), limit))
		}
		var taken, chosen uint64
		if r.filter == nil {
			out, taken, err = takeAll(out, frames, count, limit)
			chosen = taken
		} else {
			out, taken, chosen, err = r.filter.choose(out, frames, limit)
		}
		if err != nil {
			return p, fmt.Errorf("read record %d: %w", record.First, err)
		}
		p.Frames, p.Messages = out, p.Messages+chosen
		r.next += taken
		if taken < count {
			break
		}
	}
	r.response.keep(out)
	return p, nil
}

func size(records []store.Record) int {
	total := 0
	for _, record := range records {
		total += len(record.Frames)
	}
	return total
}

// part returns the frames of a record that lie in a range of sequences.
func part(record store.Record, from, until uint64) (frames []byte, count uint64, err error) {
	frames, count = record.Frames, record.Count()
	if skip := from - record.First; skip > 0 {
		size, err := frame.Skip(frames, skip)
		if err != nil {
			return nil, 0, fmt.Errorf("skip to %d: %w", from, err)
		}
		frames, count = frames[size:], count-skip
	}
	if from > until {
		return nil, 0, nil
	}
	if wanted := until - from + 1; wanted < count {
		size, err := frame.Skip(frames, wanted)
		if err != nil {
			return nil, 0, fmt.Errorf("cut at %d: %w", until, err)
		}
		frames, count = frames[:size], wanted
	}
	return frames, count, nil
}

// takeAll appends to out as many frames as keep it within limit; one always fits
// into an empty out.
func takeAll(out, frames []byte, count uint64, limit int) (all []byte, taken uint64, err error) {
	if len(out)+len(frames) <= limit {
		return append(out, frames...), count, nil
	}
	taken, size, err := frame.Fit(frames, count, max(limit-len(out), 0))
	if err != nil || len(out) > 0 && len(out)+size > limit {
		return out, 0, err
	}
	return append(out, frames[:size]...), taken, nil
}

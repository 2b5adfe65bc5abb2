package feed

import (
	"context"
	"fmt"

	"github.com/parleyhq/parley/tests/bench/scan"
)

// OpenParleyRaw is OpenParley with subscribers that read messages where they are in
// a response: see package scan.
func OpenParleyRaw(ctx context.Context, url string, connections int) (Feed, error) {
	f, err := OpenParley(ctx, url, connections)
	if err != nil {
		return nil, err
	}
	parley, _ := f.(*Parley)
	return rawParley{parley}, nil
}

type rawParley struct{ *Parley }

// Subscribe implements Feed.
func (p rawParley) Subscribe(handle Handler) error {
	next := uint64(0)
	into := scan.Messages(func(sequence uint64, payload []byte) error {
		if next != 0 && sequence != next {
			return fmt.Errorf("receive %d for %d: %w", sequence, next, errPayload)
		}
		next = sequence + 1
		handle(payload)
		return nil
	})
	stream, err := p.subscribe(p.conns[1:], scan.Option(), &into)
	if err != nil {
		return err
	}
	p.Go(func() error {
		for {
			if err := stream.RecvMsg(&into); err != nil {
				return p.ended(err)
			}
		}
	})
	return nil
}

package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/parleyhq/parley/tests/faults/ledger"
)

// publisher publishes its messages in order: the next ones are sent only when
// those before have receipts.
type publisher struct {
	number    int
	topic     string
	endpoints []Endpoint
	rng       *rand.Rand
	journal   *ledger.Journal
}

// run publishes until stop is closed, then finishes what it has begun.
func (p *publisher) run(ctx context.Context, stop <-chan struct{}) error {
	for next := uint64(1); ; {
		select {
		case <-stop:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		batches := p.plan(next)
		sent := ledger.Sent{Publisher: p.number, From: next, To: batches[len(batches)-1].To}
		if err := p.journal.Append(ledger.Entry{Sent: &sent}); err != nil {
			return err
		}
		if err := p.deliver(ctx, batches); err != nil {
			return fmt.Errorf("publisher %d at %+v: %w", p.number, sent, err)
		}
		next = sent.To + 1
	}
}

// plan makes 1 to 6 batches of 1 to 20 messages.
func (p *publisher) plan(next uint64) []batch {
	var batches []batch
	for range 1 + p.rng.IntN(6) {
		b := batch{ledger.Sent{Publisher: p.number, From: next, To: next + p.rng.Uint64N(20)}}
		batches, next = append(batches, b), b.To+1
	}
	return batches
}

// deliver publishes batches, each attempt over an RPC, protocol and codec chosen
// anew.
func (p *publisher) deliver(ctx context.Context, batches []batch) error {
	names := []string{"Publish", "PublishStream", "Exchange"}
	return retry(ctx, p.rng, func(ctx context.Context) error {
		if len(batches) == 0 { // all have receipts: the attempt before lost no more than its end
			return nil
		}
		name := names[p.rng.IntN(len(names))]
		fit := p.endpoints
		if name == "Exchange" {
			fit = slices.DeleteFunc(slices.Clone(fit), func(e Endpoint) bool { return !e.Duplex })
		}
		endpoint := fit[p.rng.IntN(len(fit))]
		done, err := attempts()[name](ctx, endpoint, p.topic, batches, p.journal.Append)
		batches = batches[done:]
		if err != nil {
			return fmt.Errorf("%s over %s: %w", name, endpoint.Name, err)
		}
		return nil
	})
}

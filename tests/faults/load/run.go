package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/parleyhq/parley/tests/faults/ledger"
)

// Config says what to do.
type Config struct {
	Server     string // base URL
	Topic      string // must exist, and nothing else may publish to it
	Dir        string // where the journals are written; it must exist
	Publishers int
	Readers    int
	Seed       uint64 // of every random choice
}

// Run publishes and reads until stop is closed. Then every publisher finishes
// what it has begun, every reader reads up to the topic's end, and Run returns.
// An answer that no restart of the server explains ends everything with an error.
func Run(ctx context.Context, cfg Config, stop <-chan struct{}) error {
	endpoints, closeAll, err := Dial(cfg.Server)
	if err != nil {
		return err
	}
	defer closeAll()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var publishers, readers sync.WaitGroup
	published := make(chan struct{})
	start := func(group *sync.WaitGroup, number int, name string, run func(*rand.Rand, *ledger.Journal) error) error {
		journal, err := ledger.Open(cfg.Dir, name)
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(cfg.Seed, uint64(number)))
		group.Go(func() {
			if err := errors.Join(run(rng, journal), journal.Close()); err != nil {
				cancel(err)
			}
		})
		return nil
	}
	for number := 1; number <= cfg.Publishers && err == nil; number++ {
		err = start(&publishers, number, fmt.Sprintf("publisher-%d", number), func(rng *rand.Rand, journal *ledger.Journal) error {
			p := &publisher{number: number, topic: cfg.Topic, endpoints: endpoints, rng: rng, journal: journal}
			return p.run(ctx, stop)
		})
	}
	for number := 1; number <= cfg.Readers && err == nil; number++ {
		name := fmt.Sprintf("reader-%d", number)
		err = start(&readers, -number, name, func(rng *rand.Rand, journal *ledger.Journal) error {
			r := &reader{name: name, topic: cfg.Topic, endpoints: endpoints, rng: rng, journal: journal}
			return r.run(ctx, published)
		})
	}
	if err != nil {
		cancel(err)
	}
	publishers.Wait()
	close(published)
	readers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return ctx.Err()
}

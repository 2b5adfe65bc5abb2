package verify

import (
	"context"
	"errors"

	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/load"
)

// Run checks a topic of a running server against the journals in a directory.
// It reads the topic twice, with Subscribe and with ReadMessages, over the two
// endpoints that turn picks, and takes the first reading for one more reader.
func Run(ctx context.Context, server, topic, dir string, turn int) (*Report, error) {
	endpoints, closeAll, err := load.Dial(server)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	if turn < 0 {
		return nil, errors.New("turn is negative")
	}
	before, err := ledger.Load(dir)
	if err != nil {
		return nil, err
	}
	streamed, err := ReadStream(ctx, endpoints[turn%len(endpoints)], topic)
	if err != nil {
		return nil, err
	}
	paged, err := ReadPages(ctx, endpoints[(turn+len(endpoints)/2)%len(endpoints)], topic)
	if err != nil {
		return nil, err
	}
	after, err := ledger.Load(dir)
	if err != nil {
		return nil, err
	}
	before["the stream of this check"] = []ledger.Entry{streamed.Places()}
	return Check(paged, before, after), nil
}

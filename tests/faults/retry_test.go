package faults_test

import (
	"context"
	"testing"
	"time"

	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/load"
	"github.com/parleyhq/parley/tests/faults/verify"
	"github.com/parleyhq/parley/tests/harness"
)

// publishCall is one RPC over one protocol and codec.
type publishCall struct {
	rpc      string
	endpoint load.Endpoint
}

// publishCalls returns every way to publish to a server.
func publishCalls(t *testing.T, server string) []publishCall {
	t.Helper()
	endpoints, closeAll, err := load.Dial(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeAll)
	var calls []publishCall
	for _, rpc := range []string{"Publish", "PublishStream", "Exchange"} {
		for _, endpoint := range endpoints {
			if rpc != "Exchange" || endpoint.Duplex {
				calls = append(calls, publishCall{rpc, endpoint})
			}
		}
	}
	return calls
}

func (c publishCall) String() string { return c.rpc + " " + c.endpoint.Name }

func (c publishCall) publish(ctx context.Context, sent ledger.Sent) (ledger.Entry, error) {
	return load.Publish(ctx, c.endpoint, c.rpc, topicName, sent)
}

// again publishes messages that are stored from first on, and expects a receipt
// that says so.
func (c publishCall) again(t *testing.T, sent ledger.Sent, first uint64) {
	t.Helper()
	receipt, err := c.publish(t.Context(), sent)
	if err != nil {
		t.Errorf("retry over %s: %v", c, err)
		return
	}
	for index, place := range receipt.Acked {
		if place.Sequence != first+uint64(index) {
			t.Errorf("retry over %s: %+v, want sequence %d", c, place, first+uint64(index))
		}
	}
	if receipt.Stream != nil && receipt.Stream.First != 0 {
		t.Errorf("retry over %s: something was stored: %+v", c, *receipt.Stream)
	}
}

// TestRetry drops the response of a publish that the server has stored, for each
// RPC, protocol and codec, and publishes again over others, before and after a
// kill. Each message must be stored once, and each receipt name its sequence.
func TestRetry(t *testing.T) {
	t.Parallel()
	const size = 3 // messages of a batch
	b := newBench(t)
	observer := b.server.Connect(t, harness.Wire{})
	direct := publishCalls(t, b.url())
	var journal []ledger.Entry
	for number := range direct {
		first := uint64(number*size) + 1
		sent := ledger.Sent{Publisher: 1, From: first, To: first + size - 1}
		journal = append(journal, ledger.Entry{Sent: &sent})
		proxy := newSilencer(t, b.address)
		call := publishCalls(t, proxy.url)[number]
		failed := make(chan error, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		go func() {
			_, err := call.publish(ctx, sent)
			failed <- err
		}()
		harness.Eventually(t, "the batch is stored", func() bool {
			return getTopic(t, observer, topicName).GetLastSequence() >= sent.To
		})
		proxy.cut()
		if err := <-failed; err == nil {
			t.Fatalf("%s succeeded although its response was dropped", call)
		}
		cancel()
		for _, offset := range []int{0, 1, len(direct) / 2} {
			direct[(number+offset)%len(direct)].again(t, sent, first)
		}
	}
	for range 2 {
		b.server.Kill(t)
		b.restart(t)
		for number, entry := range journal {
			direct[(number+7)%len(direct)].again(t, *entry.Sent, entry.Sent.From)
		}
	}
	whole, err := verify.ReadPages(t.Context(), direct[0].endpoint, topicName)
	if err != nil {
		t.Fatal(err)
	}
	journals := map[string][]ledger.Entry{"publisher-1": journal}
	if report := verify.Check(whole, journals, journals); !report.Clean() || report.Stored != size*len(direct) {
		t.Errorf("%d retried batches: %s, want %d stored", len(direct), report, size*len(direct))
	}
}

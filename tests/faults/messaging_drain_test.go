package faults_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/tests/faults/load"
	"github.com/parleyhq/parley/tests/harness"
)

// TestDrainMessaging stops a server with SIGTERM, again and again, while clients
// publish and read over every RPC, protocol and codec, and a hundred more only
// listen. Each stop ends within half of the drain limit and with exit code 0, no
// stream ends in a way that its client does not understand, and no receipt is
// lost.
func TestDrainMessaging(t *testing.T) {
	t.Parallel()
	const limit = 15 * time.Second
	rounds := 2
	if harness.IsSlow() {
		rounds = 8
	}
	b := newBench(t)
	w := b.startWork(t, faultSeed(t))
	for range rounds {
		before := b.journalSize(t)
		harness.Eventually(t, "the workload goes on", func() bool { w.running(t); return b.journalSize(t) > before+5_000 })
		ends := listen(t, b)
		began := time.Now()
		b.server.Stop(t)
		if took := time.Since(began); took > limit {
			t.Errorf("the drain took %s, want less than %s", took, limit)
		}
		for range cap(ends) {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
		b.restart(t)
	}
	w.stop(t)
	if report := b.verify(t, 0); !report.Clean() || report.Gapped > 0 || report.Acknowledged == 0 {
		t.Errorf("after %d drains: %s", rounds, &report)
	}
}

// listen opens ten subscriptions over each endpoint, each with its first
// response, and returns a channel that gets what is wrong with the end of each.
func listen(t *testing.T, b *bench) chan error {
	t.Helper()
	endpoints, closeAll, err := load.Dial(b.url())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeAll)
	const each = 10
	ends, ready := make(chan error, each*len(endpoints)), make(chan struct{}, each*len(endpoints))
	for _, endpoint := range endpoints {
		for range each {
			go func() {
				ends <- listenOnce(t, endpoint, func() { ready <- struct{}{} })
			}()
		}
	}
	for range cap(ready) {
		select {
		case <-ready:
		case err := <-ends:
			t.Fatalf("a subscription ended before the drain: %v", err)
		}
	}
	return ends
}

// listenOnce follows the topic from its end until the stream ends, and returns
// what is wrong with that.
func listenOnce(t *testing.T, endpoint load.Endpoint, ready func()) error {
	t.Helper()
	stream, err := endpoint.Messages.Subscribe(t.Context(), &messagingv1.SubscribeRequest{
		Topic: topicName, Start: &messagingv1.Start{Position: &messagingv1.Start_End{End: true}},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", endpoint.Name, err)
	}
	defer stream.Close()
	for count := 0; ; count++ {
		res, err := stream.Receive()
		if err != nil {
			if wrong := drained(err); wrong != nil || count == 0 {
				return errors.Join(fmt.Errorf("%s after %d responses", endpoint.Name, count), wrong)
			}
			return nil
		}
		if res.GetCursor() == nil {
			return fmt.Errorf("%s: a response without a cursor", endpoint.Name)
		}
		if count == 0 {
			ready()
		}
	}
}

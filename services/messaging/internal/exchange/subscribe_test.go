package exchange_test

import (
	"context"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/exchange"
)

// flood is a client that subscribes so many times, each with a new id. It reads
// nothing until it is released, and then everything.
type flood struct {
	topic string
	count int

	received atomic.Int64 // by the server
	opened   bool
	released chan struct{}
	ends     map[errorv1.Reason]int
}

func (f *flood) Receive() (*messagingv1.ExchangeRequest, error) {
	n := f.received.Load()
	if int(n) == f.count {
		return nil, io.EOF
	}
	f.received.Add(1)
	return &messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Subscribe{
		Subscribe: &messagingv1.SubscribeCommand{
			SubscriptionId: uint64(n) + 1, Request: &messagingv1.SubscribeRequest{Topic: f.topic},
		},
	}}, nil
}

func (f *flood) Send(response *messagingv1.ExchangeResponse) error {
	if !f.opened { // the first heartbeat fits into the client's window
		f.opened = true
		return nil
	}
	<-f.released
	if end := response.GetDelivery().GetEnd(); end != nil {
		f.ends[end.GetError().GetReason()]++
	}
	return nil
}

// blocked reports whether the server's receiving goroutine waits for the client
// to read.
func blocked() bool {
	all := make([]byte, 64<<20)
	all = all[:runtime.Stack(all, true)]
	for stack := range strings.SplitSeq(string(all), "\n\n") {
		if strings.Contains(stack, "(*exchange).receive") && strings.Contains(stack, "(*outbox).send") {
			return true
		}
	}
	return false
}

// TestFloodOfSubscriptions counts the goroutines of the whole process.
func TestFloodOfSubscriptions(t *testing.T) { //nolint:paralleltest // see above
	for _, test := range []struct { //nolint:paralleltest // see above
		name, topic string
		reason      errorv1.Reason
		ends        int // at least, of that reason
	}{
		{"running", "a", errorv1.Reason_REASON_STREAM_LIMIT, 19_900},
		{"unknown topic", "missing", errorv1.Reason_REASON_TOPIC_NOT_FOUND, 100},
		{"invalid request", "-", errorv1.Reason_REASON_INVALID_FIELD, 20_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			source, validator := open(t)
			f := &flood{topic: test.topic, count: 20_000, released: make(chan struct{}), ends: make(map[errorv1.Reason]int)}
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- exchange.Serve(ctx, f, source, validator) }()
			waitFor(t, func() bool { return int(f.received.Load()) == f.count || blocked() })
			if got := runtime.NumGoroutine() - before; got > 110 {
				t.Errorf("%d goroutines for a client that does not read", got)
			}
			if got := f.received.Load(); got > 102 {
				t.Errorf("%d commands taken from a client that does not read", got)
			}
			close(f.released)
			waitFor(t, func() bool { return int(f.received.Load()) == f.count })
			if test.topic == "a" {
				waitFor(t, func() bool { return !blocked() })
				cancel() // the first ones would run on
			}
			if err := <-ended; err != nil {
				t.Errorf("the stream ended with %v", err)
			}
			sum := 0
			for _, n := range f.ends {
				sum += n
			}
			if f.ends[test.reason] < test.ends || test.topic != "a" && sum != f.count {
				t.Errorf("subscriptions ended with %v", f.ends)
			}
		})
	}
}

// waitFor polls until a condition holds that another goroutine brings about.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("condition did not come true")
		}
	}
}

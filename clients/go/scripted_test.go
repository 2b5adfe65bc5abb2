package parley

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// scripted answers Publish with a function, in process: here time is synthetic,
// which a real server's is not. What a real server does, tests/goclient tests.
type scripted struct {
	messagingv1connect.UnimplementedMessageServiceHandler

	publish   func(*messagingv1.PublishRequest) (*messagingv1.Receipt, error)
	hang      bool // Exchange never answers
	subscribe func(context.Context, *messagingv1.SubscribeRequest, messagingv1connect.MessageServiceSubscribeServerStream) error
}

func (s scripted) Publish(_ context.Context, req *messagingv1.PublishRequest) (*messagingv1.PublishResponse, error) {
	receipt, err := s.publish(req)
	if err != nil {
		return nil, err
	}
	return &messagingv1.PublishResponse{Receipt: receipt}, nil
}

func (s scripted) Exchange(ctx context.Context, stream messagingv1connect.MessageServiceExchangeServerStream) error {
	if s.hang {
		<-ctx.Done()
	}
	return s.UnimplementedMessageServiceHandler.Exchange(ctx, stream)
}

func (s scripted) Subscribe(ctx context.Context, req *messagingv1.SubscribeRequest, stream messagingv1connect.MessageServiceSubscribeServerStream) error {
	return s.subscribe(ctx, req, stream)
}

func (s scripted) client() *connect.Client {
	server := connect.NewServer()
	messagingv1connect.RegisterMessageServiceHandler(server, s)
	return connect.NewClient(connectinprocess.New(server))
}

// log is a topic that stores what is published, and notes when.
type log struct {
	began  time.Time
	last   uint64
	counts []int // messages of each request
	times  []time.Duration
	fail   []error // of the first requests
}

func (l *log) publish(req *messagingv1.PublishRequest) (*messagingv1.Receipt, error) {
	l.counts = append(l.counts, len(req.GetMessages()))
	l.times = append(l.times, time.Since(l.began))
	if len(l.fail) > 0 {
		err := l.fail[0]
		l.fail = l.fail[1:]
		return nil, err
	}
	first := l.last + 1
	l.last += uint64(len(req.GetMessages()))
	return &messagingv1.Receipt{Epoch: "e", FirstSequence: first, LastSequence: l.last}, nil
}

// inBubble runs a test of a publisher of such a topic, in synthetic time.
func inBubble(t *testing.T, config PublisherConfig, test func(*testing.T, *Publisher, *log)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &log{began: time.Now()}
		config.Topic = "orders"
		p, err := NewPublisher(scripted{publish: l.publish}.client(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close(t.Context()) }()
		test(t, p, l)
	})
}

func accept(t *testing.T, p *Publisher, n int) []*Result {
	t.Helper()
	var results []*Result
	for range n {
		result, err := p.Publish(t.Context(), &messagingv1.Message{Payload: &messagingv1.Message_Text{Text: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
	}
	return results
}

func TestLinger(t *testing.T) {
	t.Parallel()
	inBubble(t, PublisherConfig{Linger: 10 * time.Millisecond, BatchMessages: 5}, func(t *testing.T, p *Publisher, l *log) {
		last := accept(t, p, 1)
		<-time.After(4 * time.Millisecond)
		last = append(last, accept(t, p, 2)...)
		if _, err := last[2].Wait(t.Context()); err != nil || time.Since(l.began) != 10*time.Millisecond {
			t.Errorf("%v after %s", err, time.Since(l.began))
		}
		full := accept(t, p, 5) // a full request does not linger
		if _, err := full[4].Wait(t.Context()); err != nil || time.Since(l.began) != 10*time.Millisecond {
			t.Errorf("full: %v after %s", err, time.Since(l.began))
		}
		accept(t, p, 2) // nor does a flushed one
		if err := p.Flush(t.Context()); err != nil || time.Since(l.began) != 10*time.Millisecond {
			t.Errorf("flushed: %v after %s", err, time.Since(l.began))
		}
		if len(l.counts) != 3 || l.counts[0] != 3 || l.counts[1] != 5 || l.counts[2] != 2 {
			t.Errorf("requests of %v messages", l.counts)
		}
	})
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	draining := rpcerror.New(connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING, "", rpcerror.Retry(20*time.Second))
	unavailable := connect.NewError(connect.CodeUnavailable, "busy")
	inBubble(t, PublisherConfig{Backoff: Backoff{Base: time.Second, Max: 2 * time.Second}}, func(t *testing.T, p *Publisher, l *log) {
		l.fail = []error{unavailable, unavailable, unavailable, draining}
		result := accept(t, p, 1)[0]
		if _, err := result.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, bounds := range [][2]time.Duration{{500 * time.Millisecond, time.Second}, {time.Second, 2 * time.Second}, {time.Second, 2 * time.Second}, {20 * time.Second, 30 * time.Second}} {
			if pause := l.times[i+1] - l.times[i]; pause < bounds[0] || pause > bounds[1] {
				t.Errorf("pause %d: %s, want %s to %s", i+1, pause, bounds[0], bounds[1])
			}
		}
	})
}

// TestRetryFor holds that an open outcome is not tried for ever, and that what is
// certainly not stored is.
func TestRetryFor(t *testing.T) {
	t.Parallel()
	open := connect.NewError(connect.CodeUnavailable, "busy")
	full := rpcerror.New(connect.CodeResourceExhausted, errorv1.Reason_REASON_LOW_DISK_SPACE, "", rpcerror.Retry(time.Second))
	inBubble(t, PublisherConfig{}, func(t *testing.T, p *Publisher, l *log) {
		for range 1000 {
			l.fail = append(l.fail, full)
		}
		if _, err := accept(t, p, 1)[0].Wait(t.Context()); err != nil || time.Since(l.began) < 15*time.Minute {
			t.Errorf("a full disk: %v after %s", err, time.Since(l.began))
		}
		for range 1000 {
			l.fail = append(l.fail, open)
		}
		began := time.Now()
		results := accept(t, p, 2)
		_, err := results[0].Wait(t.Context())
		if took := time.Since(began); !errors.Is(err, ErrOutcomeUnknown) || !errors.Is(err, ErrStopped) || took > DefaultRetryFor || took < DefaultRetryFor*9/10 {
			t.Errorf("an open outcome: %v after %s", err, took)
		}
	})
}

// TestNoExchange holds that a publisher gets through where an Exchange does not,
// as through a proxy that keeps what it forwards until it is complete.
func TestNoExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &log{began: time.Now()}
		p, err := NewPublisher(scripted{publish: l.publish, hang: true}.client(), PublisherConfig{Topic: "orders", FailFast: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := accept(t, p, 1)[0].Wait(t.Context()); err != nil || time.Since(l.began) != 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(l.began))
		}
		accept(t, p, 2)
		if err := p.Close(t.Context()); err != nil || time.Since(l.began) != 10*time.Second {
			t.Errorf("%v after %s", err, time.Since(l.began))
		}
	})
}

// TestBounds holds that Publish waits when too much has no outcome.
func TestBounds(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]PublisherConfig{
		"messages": {MaxPending: 3, Linger: time.Minute}, "bytes": {MaxPendingBytes: 160, Linger: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, config, func(t *testing.T, p *Publisher, l *log) {
				accept(t, p, 3)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := p.Publish(ctx, &messagingv1.Message{Payload: &messagingv1.Message_Text{}}); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v", err)
				}
				began := time.Now()
				accept(t, p, 1) // when the others have lingered
				if took := time.Since(began); took != 59*time.Second {
					t.Errorf("it waited %s", took)
				}
			})
		})
	}
}

// TestSubscriberBackoff holds that a server that never answers is asked less and
// less often, and one that delivers between its failures is not.
func TestSubscriberBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, calls := time.Now(), 0
		s := NewSubscriber(scripted{subscribe: func(_ context.Context, _ *messagingv1.SubscribeRequest, stream messagingv1connect.MessageServiceSubscribeServerStream) error {
			if calls++; calls > 10 {
				_ = stream.Send(&messagingv1.SubscribeResponse{
					Messages: []*messagingv1.Message{{Sequence: uint64(calls)}}, Cursor: &messagingv1.Cursor{Epoch: "e", Sequence: uint64(calls)},
				})
			}
			return connect.NewError(connect.CodeUnavailable, "busy")
		}}.client(), SubscriberConfig{Topic: "orders"})
		count := 0
		for event, err := range s.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if count++; event.Cursor().GetSequence() != uint64(10+count) {
				t.Errorf("%v", event)
			}
			if count == 1 && time.Since(began) < 12*time.Second {
				t.Errorf("ten failures take %s", time.Since(began))
			}
			if count == 10 {
				break
			}
		}
		if took := time.Since(began); took > 60*time.Second || calls != 20 {
			t.Errorf("%d calls in %s", calls, took)
		}
	})
}

// TestBrokenServer holds that a hole is an error and not skipped.
func TestBrokenServer(t *testing.T) {
	t.Parallel()
	s := NewSubscriber(scripted{subscribe: func(_ context.Context, _ *messagingv1.SubscribeRequest, stream messagingv1connect.MessageServiceSubscribeServerStream) error {
		return stream.Send(&messagingv1.SubscribeResponse{
			Messages: []*messagingv1.Message{{Sequence: 1}, {Sequence: 3}}, Cursor: &messagingv1.Cursor{Epoch: "e", Sequence: 3},
		})
	}}.client(), SubscriberConfig{Topic: "orders"})
	for event, err := range s.Events(t.Context()) {
		if event != nil || !errors.Is(err, ErrBroken) {
			t.Errorf("%v, %v", event, err)
		}
	}
}

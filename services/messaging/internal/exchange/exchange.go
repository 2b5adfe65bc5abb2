package exchange

import (
	"context"
	"errors"
	"io"
	"sync"

	"buf.build/go/protovalidate"
	"golang.org/x/sync/semaphore"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/drain"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/wire"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/ingest"
)

// Stream is the server's side of an Exchange.
type Stream interface {
	Receive() (*messagingv1.ExchangeRequest, error)
	Send(response *messagingv1.ExchangeResponse) error
}

// exchange is one stream.
type exchange struct {
	ctx       context.Context //nolint:containedctx // of this stream
	cancel    context.CancelFunc
	source    *delivery.Source
	validator protovalidate.Validator
	encoding  delivery.Encoding
	out       *outbox

	appender *ingest.Appender
	room     *semaphore.Weighted
	results  chan *result
	sending  sync.WaitGroup // results
	beating  sync.WaitGroup

	mu            sync.Mutex
	subscriptions map[uint64]context.CancelFunc
	failed        error // what ended the stream before the client did
	running       sync.WaitGroup
}

// Serve runs a stream until the client has closed its side and everything due
// has been sent, or until something ends it before.
func Serve(ctx context.Context, stream Stream, source *delivery.Source, validator protovalidate.Validator) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := &exchange{
		ctx: ctx, cancel: cancel, source: source, validator: validator,
		encoding: delivery.EncodingFor(ctx), out: newOutbox(stream),
		room: semaphore.NewWeighted(resultRoom), results: make(chan *result, maxResults),
		subscriptions: make(map[uint64]context.CancelFunc),
	}
	e.appender = ingest.NewAppender(ctx, source.Store, e.fail)
	err := e.out.heartbeat() // at once: the stream is open
	e.start(&e.sending, e.sendResults)
	e.start(&e.beating, e.sendHeartbeats)
	if err == nil {
		err = e.receive(stream)
	}
	e.appender.Close() // what came before the end gets its result
	close(e.results)
	e.sending.Wait()
	if err != nil && !isDraining(ctx) { // a drain lets subscriptions say goodbye
		e.cancel()
	}
	e.running.Wait()
	e.cancel()
	e.beating.Wait()
	return e.outcome(err)
}

// start runs a part of the stream in a goroutine. If it panics, the stream fails.
func (e *exchange) start(group *sync.WaitGroup, part func()) {
	group.Go(func() {
		if err := interceptor.Guard(part); err != nil {
			e.fail(err)
		}
	})
}

// outcome is how the stream ends, given how receiving did.
func (e *exchange) outcome(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failed != nil { // it may be why receiving ended
		return e.failed
	}
	return err
}

// receive runs commands until the client closes its side, which returns nil.
func (e *exchange) receive(stream Stream) error {
	for {
		request, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch command := request.GetCommand().(type) {
		case *messagingv1.ExchangeRequest_Publish:
			err = e.publish(command.Publish)
		case *messagingv1.ExchangeRequest_Subscribe:
			err = e.subscribe(command.Subscribe)
		case *messagingv1.ExchangeRequest_Unsubscribe:
			e.unsubscribe(command.Unsubscribe.GetSubscriptionId())
		}
		if err != nil {
			return err
		}
	}
}

// fail ends the stream with an error, unless something else has.
func (e *exchange) fail(err error) {
	e.mu.Lock()
	if e.failed == nil {
		e.failed = err
	}
	e.mu.Unlock()
	e.cancel()
	wire.EndReading(e.ctx)
}

// drained ends the stream because the server goes away: subscriptions send their
// last cursors by themselves.
func (e *exchange) drained() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failed == nil {
		e.failed = interceptor.Draining()
	}
}

func isDraining(ctx context.Context) bool { return drain.Signal(ctx).Err() != nil }

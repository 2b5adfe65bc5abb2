package exchange

import (
	"context"

	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/drain"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
	"github.com/parleyhq/parley/services/messaging/internal/ingest"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

const (
	// maxResults is how many publishes of a stream may lack a result that the
	// client has read, and resultRoom how many bytes of results may wait for it.
	maxResults = 1024
	resultRoom = 8 << 20
	// resultWeight is what a result is taken to weigh at least, so that the room
	// is that of maxResults too.
	resultWeight = resultRoom / maxResults
	// duplicateWeight is what one message may add to its result: a duplicate.
	duplicateWeight = 16
)

// result is the outcome of a publish, waiting to be sent.
type result struct {
	*messagingv1.PublishResult

	weight int64
}

// publish hands a batch to the appender. It waits for room for the result: while
// the client does not read, nothing more is received. An invalid request is an
// outcome, not an error.
func (e *exchange) publish(command *messagingv1.PublishCommand) error {
	request := command.GetRequest()
	if request == nil {
		request = &messagingv1.PublishRequest{}
	}
	weight := int64(resultWeight + duplicateWeight*batch.Count(request))
	weight = min(weight, resultRoom)
	if err := e.waitForRoom(weight); err != nil {
		return err
	}
	b := ingest.Batch{
		Stop: command.GetStopOnFailure(),
		Done: func(receipt store.Receipt, err error) { e.settle(command.GetCorrelationId(), weight, receipt, err) },
	}
	if !batch.Valid(request) {
		b.Refused = e.validator.Validate(request)
	}
	var messages []store.Message
	if b.Refused == nil {
		messages, b.Refused = batch.Messages(request)
	}
	b.AppendRequest = store.AppendRequest{
		Topic: request.GetTopic(), Messages: messages,
		ExpectedEpoch: request.GetExpectedEpoch(), ExpectedLast: request.ExpectedLastSequence,
	}
	if err := e.appender.Add(b); err != nil {
		return translate.Status(err)
	}
	return nil
}

// waitForRoom fails where the stream ends or the server drains first.
func (e *exchange) waitForRoom(weight int64) error {
	if e.room.TryAcquire(weight) {
		return nil
	}
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	defer context.AfterFunc(drain.Signal(e.ctx), cancel)()
	if err := e.room.Acquire(ctx, weight); err != nil {
		if e.ctx.Err() == nil {
			return interceptor.Draining()
		}
		return translate.Status(err)
	}
	return nil
}

// settle is called by the appender, in order. It does not wait: every result has
// its room.
func (e *exchange) settle(id uint64, reserved int64, receipt store.Receipt, err error) {
	r := &result{PublishResult: &messagingv1.PublishResult{CorrelationId: id}}
	if err == nil {
		r.Outcome = &messagingv1.PublishResult_Receipt{Receipt: translate.Receipt(receipt)}
	} else {
		failure := translate.Explain(err)
		if failure.Open {
			e.fail(failure.Unavailable())
			e.room.Release(reserved)
			return
		}
		r.Outcome = &messagingv1.PublishResult_Error{Error: failure.Command()}
	}
	r.weight = min(reserved, max(resultWeight, int64(proto.Size(r.PublishResult))))
	e.room.Release(reserved - r.weight)
	e.results <- r
}

// sendResults sends results until there are no more to come.
func (e *exchange) sendResults() {
	broken := false
	for r := range e.results {
		if !broken {
			err := e.out.send(&messagingv1.ExchangeResponse{
				Event: &messagingv1.ExchangeResponse_Result{Result: r.PublishResult},
			}, nil)
			if broken = err != nil; broken {
				e.fail(err)
			}
		}
		e.room.Release(r.weight)
	}
}

package exchange

import (
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// heartbeatInterval is the longest time without a response.
const heartbeatInterval = 15 * time.Second

// outbox lets many send on a stream that allows one sender at a time. It keeps
// nothing: who sends waits until the transport has taken the response.
type outbox struct {
	mu     sync.Mutex
	stream Stream
	silent *time.Timer // fires when nothing was sent for an interval
}

func newOutbox(stream Stream) *outbox {
	return &outbox{stream: stream, silent: time.NewTimer(heartbeatInterval)}
}

// send sends a response. before, if it is not nil, is called in its turn.
func (o *outbox) send(response *messagingv1.ExchangeResponse, before func()) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if before != nil {
		before()
	}
	o.silent.Reset(heartbeatInterval)
	return o.stream.Send(response)
}

// heartbeat sends a heartbeat.
func (o *outbox) heartbeat() error {
	beat := &messagingv1.ExchangeHeartbeat{Interval: durationpb.New(heartbeatInterval)}
	return o.send(&messagingv1.ExchangeResponse{Event: &messagingv1.ExchangeResponse_Heartbeat{Heartbeat: beat}}, nil)
}

// sendHeartbeats sends one after each interval of silence until the stream ends.
func (e *exchange) sendHeartbeats() {
	defer e.out.silent.Stop()
	for {
		select {
		case <-e.ctx.Done():
			return
		case <-e.out.silent.C:
		}
		if err := e.out.heartbeat(); err != nil {
			e.fail(err)
			return
		}
	}
}

package exchange_test

import (
	"os"
	"testing"
	"testing/synctest"

	"connectrpc.com/connect/v2"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/exchange"
)

// silent is a client that says nothing. Sending it a second response panics.
type silent struct {
	sent  int
	ended chan struct{}
}

func (s *silent) Receive() (*messagingv1.ExchangeRequest, error) {
	<-s.ended
	return nil, os.ErrDeadlineExceeded // as if the server had ended reading
}

func (s *silent) Send(*messagingv1.ExchangeResponse) error {
	if s.sent++; s.sent == 2 {
		close(s.ended)
		panic("cannot send")
	}
	return nil
}

func TestHeartbeatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, validator := open(t)
		err := exchange.Serve(t.Context(), &silent{ended: make(chan struct{})}, source, validator)
		if connect.CodeOf(err) != connect.CodeInternal {
			t.Errorf("the stream ended with %v, want INTERNAL", err)
		}
	})
}

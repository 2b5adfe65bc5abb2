package python_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// brief is a server, or a proxy before one, that ends streams well which should go
// on: with a message each for the first ones, then without.
type brief struct {
	messagingv1connect.UnimplementedMessageServiceHandler

	delivering uint64         // how many streams bring a message
	streams    chan time.Time // when they began
}

func (b *brief) Subscribe(_ context.Context, request *messagingv1.SubscribeRequest, stream messagingv1connect.MessageServiceSubscribeServerStream) error {
	b.streams <- time.Now()
	sequence := request.GetStart().GetAfter().GetSequence()
	response := &messagingv1.SubscribeResponse{Cursor: &messagingv1.Cursor{Epoch: "E", Sequence: sequence}, LastSequence: b.delivering}
	if sequence < b.delivering {
		response.Cursor.Sequence++
		response.Messages = []*messagingv1.Message{{Sequence: sequence + 1, Payload: &messagingv1.Message_Text{Text: "text"}}}
	}
	return stream.Send(response)
}

// TestEnded holds that a stream that ends well, though nobody asked it to, is
// started again after its cursor, and not in a hot loop.
func TestEnded(t *testing.T) {
	t.Parallel()
	needGRPC(t)
	host := connect.NewServer()
	server := &brief{delivering: 3, streams: make(chan time.Time, 100)}
	messagingv1connect.RegisterMessageServiceHandler(host, server)
	mux := http.NewServeMux()
	connecthttp.Mount(mux, host)
	web := httptest.NewUnstartedServer(mux)
	web.Config.Protocols = &http.Protocols{}
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	t.Cleanup(web.Close)

	reader := start(t, "subscribe.py", "orders", "--server", web.Listener.Addr().String())
	var began []time.Time
	for range 6 {
		began = append(began, <-server.streams)
	}
	for i, least := range []int64{50, 50, 50, 100, 200} { // after the last message it grows
		if pause := began[i+1].Sub(began[i]); pause.Milliseconds() < least {
			t.Errorf("stream %d begins after %s, want at least %d ms", i+2, pause, least)
		}
	}
	reader.said(t, "the stream was ended; going on after sequence 3 in ")
	_ = reader.cmd.Process.Signal(os.Interrupt)
	got := reader.ended(t)
	if lines := strings.Count(got.stdout, "\n"); got.code != 130 || lines != 3 {
		t.Errorf("%+v", got)
	}
	contiguous(t, got)
}

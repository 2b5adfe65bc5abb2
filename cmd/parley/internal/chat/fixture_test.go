package chat

import (
	"context"
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectinprocess"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/durationpb"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is the server's side of one stream.
type peer struct {
	t *testing.T
	messagingv1connect.MessageServiceExchangeServerStream
}

// play is what a server does on one stream.
type play func(peer) error

// server plays one play after the other, a stream each. More streams fail.
type server struct {
	messagingv1connect.UnimplementedMessageServiceHandler

	t     *testing.T
	plays []play
}

func (s *server) Exchange(_ context.Context, stream messagingv1connect.MessageServiceExchangeServerStream) error {
	if len(s.plays) == 0 {
		s.t.Error("a stream too many")
		return rpcerror.New(connect.CodeInternal, errorv1.Reason_REASON_INTERNAL, "a stream too many")
	}
	next := s.plays[0]
	s.plays = s.plays[1:]
	return next(peer{s.t, stream})
}

// diary is a Listener that writes everything down.
type diary struct{ entries []string }

func (d *diary) addf(format string, values ...any) {
	d.entries = append(d.entries, fmt.Sprintf(format, values...))
}
func (d *diary) Response(*messagingv1.ExchangeResponse) error { return nil }
func (d *diary) Joined(sequence uint64)                       { d.addf("joined at %d", sequence) }
func (d *diary) Gap(gap *messagingv1.Gap)                     { d.addf("gap from %d", gap.GetFirstMissing()) }

func (d *diary) Stored(line, sequence uint64) { d.addf("line %d is %d", line, sequence) }

func (d *diary) Refused(line uint64, err error) {
	d.addf("line %d is refused: %s", line, rpcerror.ReasonOf(err))
}

func (d *diary) Postponed(line uint64, err error) {
	d.addf("line %d is postponed: %s", line, rpcerror.ReasonOf(err))
}

func (d *diary) Broken(_ error, sequence uint64) { d.addf("broken after %d", sequence) }
func (d *diary) Resumed()                        { d.addf("resumed") }
func (d *diary) Message(message *messagingv1.Message) error {
	d.addf("%s: %s", message.GetKey(), message.GetText())
	return nil
}

// talk holds a conversation in a topic with a server that plays.
func talk(t *testing.T, lines <-chan string, plays ...play) (*Session, *diary, error) {
	t.Helper()
	s := &server{t: t, plays: plays}
	host := connect.NewServer()
	messagingv1connect.RegisterMessageServiceHandler(host, s)
	heard := &diary{}
	session := New(Config{
		Client: messagingv1connect.NewMessageServiceClient(connect.NewClient(connectinprocess.New(host))),
		Topic:  "lobby", Name: "ann", Lines: lines, Listener: heard,
		Start: &messagingv1.Start{Position: &messagingv1.Start_End{End: true}},
	})
	err := session.Run(t.Context())
	if len(s.plays) > 0 {
		t.Errorf("%d streams were not opened", len(s.plays))
	}
	return session, heard, err
}

// says returns the lines of somebody who then leaves.
func says(lines ...string) <-chan string {
	all := make(chan string, len(lines))
	for _, line := range lines {
		all <- line
	}
	close(all)
	return all
}

// begin expects the subscription and answers with a cursor and the topic's end. It
// returns the sequence after which the subscription starts, -1 for the end.
func (p peer) begin(cursor, last uint64) int {
	req, err := p.Receive()
	start := req.GetSubscribe().GetRequest().GetStart()
	if err != nil || req.GetSubscribe().GetRequest().GetTopic() != "lobby" || start == nil {
		p.t.Errorf("the first request is %v, %v", req, err)
	}
	p.deliver(cursor, last)
	if start.GetEnd() {
		return -1
	}
	return int(start.GetAfter().GetSequence())
}

func (p peer) deliver(cursor, last uint64, messages ...*messagingv1.Message) {
	p.send(&messagingv1.ExchangeResponse{Event: &messagingv1.ExchangeResponse_Delivery{Delivery: &messagingv1.ExchangeDelivery{
		SubscriptionId: subscriptionID, Messages: messages, Cursor: &messagingv1.Cursor{Epoch: "E", Sequence: cursor}, LastSequence: last,
	}}})
}

// hears expects a line and returns its message as it would be stored.
func (p peer) hears(text string, sequence uint64) *messagingv1.Message {
	p.t.Helper()
	req, err := p.Receive()
	batch := req.GetPublish().GetRequest().GetMessages()
	if err != nil || len(batch) != 1 || batch[0].GetText() != text || !req.GetPublish().GetStopOnFailure() {
		p.t.Errorf("%v, %v, want line %q", req, err, text)
		return nil
	}
	batch[0].Sequence = sequence
	return batch[0]
}

func (p peer) result(result *messagingv1.PublishResult) {
	p.send(&messagingv1.ExchangeResponse{Event: &messagingv1.ExchangeResponse_Result{Result: result}})
}

func (p peer) stored(line, sequence uint64) {
	p.result(&messagingv1.PublishResult{CorrelationId: line, Outcome: &messagingv1.PublishResult_Receipt{
		Receipt: &messagingv1.Receipt{Epoch: "E", FirstSequence: sequence, LastSequence: sequence},
	}})
}

func (p peer) refused(line uint64, code errorv1.Code, reason errorv1.Reason) {
	failed := &messagingv1.CommandError{Code: code, Reason: reason}
	if code != errorv1.Code_CODE_INVALID_ARGUMENT {
		failed.RetryDelay = durationpb.New(retryDelay)
	}
	p.result(&messagingv1.PublishResult{CorrelationId: line, Outcome: &messagingv1.PublishResult_Error{Error: failed}})
}

// retryDelay is how long a refusal asks to wait.
const retryDelay = 5 * time.Second

// left waits until the client has gone.
func (p peer) left() error {
	for {
		if _, err := p.Receive(); err != nil {
			return err
		}
	}
}

// end expects the goodbye.
func (p peer) end() error {
	p.t.Helper()
	if req, err := p.Receive(); err != nil || req.GetUnsubscribe().GetSubscriptionId() != subscriptionID {
		p.t.Errorf("%v, %v, want the end of the subscription", req, err)
	}
	if req, err := p.Receive(); err == nil {
		p.t.Errorf("%v after the end", req)
	}
	return nil
}

func (p peer) send(res *messagingv1.ExchangeResponse) {
	if err := p.Send(res); err != nil {
		p.t.Errorf("send: %v", err)
	}
}

// drained is how a server that stops ends its streams.
func drained() error {
	return rpcerror.New(connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING, "bye")
}

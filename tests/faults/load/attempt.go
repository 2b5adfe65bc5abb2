package load

import (
	"context"
	"errors"
	"fmt"
	"io"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/tests/faults/ledger"
)

// batch is one publish: the messages From to To of a publisher.
type batch struct{ ledger.Sent }

func (b batch) messages() []*messagingv1.Message {
	var messages []*messagingv1.Message
	for counter := b.From; counter <= b.To; counter++ {
		name := ledger.Name{Publisher: b.Publisher, Counter: counter}
		message := &messagingv1.Message{Id: name.ID(), Payload: &messagingv1.Message_Text{Text: name.Text()}}
		if counter%3 == 0 {
			message.Payload = &messagingv1.Message_Data{Data: []byte(name.Text())}
		}
		messages = append(messages, message)
	}
	return messages
}

func (b batch) request(topic string) *messagingv1.PublishRequest {
	return &messagingv1.PublishRequest{Topic: topic, Messages: b.messages()}
}

// acked is the journal entry of a receipt.
func (b batch) acked(receipt *messagingv1.Receipt, via string) (ledger.Entry, error) {
	entry := ledger.Entry{Via: via}
	duplicates := make(map[uint32]uint64)
	for _, duplicate := range receipt.GetDuplicates() {
		duplicates[duplicate.GetIndex()] = duplicate.GetSequence()
	}
	next := receipt.GetFirstSequence()
	for index, message := range b.messages() {
		sequence, duplicate := duplicates[uint32(index)]
		if !duplicate {
			sequence = next
			next++
		}
		entry.Acked = append(entry.Acked, ledger.Place{ID: message.GetId(), Sequence: sequence})
	}
	last, synced := receipt.GetLastSequence(), receipt.GetDurability() == messagingv1.Durability_DURABILITY_SYNCED
	if !synced || (receipt.GetFirstSequence() > 0 && next != last+1) {
		return entry, fmt.Errorf("%w: receipt %v of %d messages", errUnexpected, receipt, len(entry.Acked))
	}
	return entry, nil
}

// attempt is one try to publish some batches over one RPC. It calls note with
// the entry of each receipt, and returns how many batches, from the first, have
// one.
type attempt func(ctx context.Context, endpoint Endpoint, topic string, batches []batch, note func(ledger.Entry) error) (int, error)

// attempts are the RPCs that publish.
func attempts() map[string]attempt {
	return map[string]attempt{"Publish": publish, "PublishStream": publishStream, "Exchange": exchange}
}

// Publish publishes some messages in one batch, once, over Publish,
// PublishStream or Exchange, and returns its receipt as a journal has it.
func Publish(ctx context.Context, endpoint Endpoint, rpc, topic string, sent ledger.Sent) (ledger.Entry, error) {
	var receipt ledger.Entry
	done, err := attempts()[rpc](ctx, endpoint, topic, []batch{{sent}}, func(entry ledger.Entry) error {
		receipt = entry
		return nil
	})
	if err == nil && done != 1 {
		err = fmt.Errorf("%w: %d batches of 1 are stored", errUnexpected, done)
	}
	return receipt, err
}

func publish(ctx context.Context, endpoint Endpoint, topic string, batches []batch, note func(ledger.Entry) error) (int, error) {
	for done, b := range batches {
		res, err := endpoint.Messages.Publish(ctx, b.request(topic))
		if err != nil {
			return done, err
		}
		entry, err := b.acked(res.GetReceipt(), "Publish "+endpoint.Name)
		if err != nil {
			return done, err
		}
		if err := note(entry); err != nil {
			return done, err
		}
	}
	return len(batches), nil
}

func publishStream(ctx context.Context, endpoint Endpoint, topic string, batches []batch, note func(ledger.Entry) error) (int, error) {
	ctx, cancel := context.WithCancel(ctx) // releases a stream that is given up
	defer cancel()
	stream, err := endpoint.Messages.PublishStream(ctx)
	if err != nil {
		return 0, err
	}
	for _, b := range batches {
		err := stream.Send(&messagingv1.PublishStreamRequest{Topic: topic, Messages: b.messages()})
		if errors.Is(err, io.EOF) {
			break // the answer says why
		}
		if err != nil {
			return 0, err
		}
	}
	res, err := stream.CloseAndReceive()
	receipt := res.GetReceipt()
	if err != nil {
		receipt = partial(err)
	}
	done := int(receipt.GetStoredBatches())
	if done > len(batches) || (err == nil && done != len(batches)) {
		return 0, fmt.Errorf("%w: receipt %v of %d batches", errUnexpected, receipt, len(batches))
	}
	if done == 0 {
		return 0, err
	}
	run := &ledger.Run{Sent: batches[0].Sent}
	run.To = batches[done-1].To
	if receipt.GetDuplicateMessages() == 0 {
		run.First, run.Last = receipt.GetFirstSequence(), receipt.GetLastSequence()
	}
	if total := receipt.GetDuplicateMessages() + receipt.GetStoredMessages(); total != run.To-run.From+1 {
		return 0, fmt.Errorf("%w: receipt %v of %d messages", errUnexpected, receipt, run.To-run.From+1)
	}
	return done, errors.Join(err, note(ledger.Entry{Stream: run, Via: "PublishStream " + endpoint.Name}))
}

// partial returns the receipt in the error of a PublishStream, nil if there is
// none.
func partial(err error) *messagingv1.StreamReceipt {
	failure, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return nil
	}
	for _, detail := range failure.Details() {
		if message, err := connectproto.UnmarshalErrorDetail(detail); err == nil {
			if receipt, ok := message.(*messagingv1.StreamReceipt); ok {
				return receipt
			}
		}
	}
	return nil
}

// exchange sends all batches before it reads the first result.
func exchange(ctx context.Context, endpoint Endpoint, topic string, batches []batch, note func(ledger.Entry) error) (int, error) {
	stream, err := endpoint.Messages.Exchange(ctx)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	for index, b := range batches {
		err := stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{
			Publish: &messagingv1.PublishCommand{CorrelationId: uint64(index) + 1, Request: b.request(topic)},
		}})
		if errors.Is(err, io.EOF) {
			break // Receive says why
		}
		if err != nil {
			return 0, err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return 0, err
	}
	for done := 0; ; {
		res, err := stream.Receive()
		switch {
		case errors.Is(err, io.EOF) && done == len(batches):
			return done, nil
		case errors.Is(err, io.EOF):
			return done, fmt.Errorf("%w: OK after %d of %d results", errUnexpected, done, len(batches))
		case err != nil:
			return done, err
		case res.GetResult() == nil:
			continue // a heartbeat
		}
		if err := noteResult(res.GetResult(), done, batches, endpoint, note); err != nil {
			return done, err
		}
		done++
	}
}

func noteResult(result *messagingv1.PublishResult, done int, batches []batch, endpoint Endpoint, note func(ledger.Entry) error) error {
	if done >= len(batches) || result.GetCorrelationId() != uint64(done)+1 {
		return fmt.Errorf("%w: result %v, want correlation %d of %d", errUnexpected, result, done+1, len(batches))
	}
	if failure := result.GetError(); failure != nil {
		if passing(failure.GetReason()) && failure.GetReason() != errorv1.Reason_REASON_UNSPECIFIED {
			return fmt.Errorf("publish on Exchange: %s: %s", failure.GetReason(), failure.GetMessage())
		}
		return fmt.Errorf("%w: result %v", errUnexpected, result)
	}
	entry, err := batches[done].acked(result.GetReceipt(), "Exchange "+endpoint.Name)
	if err != nil {
		return err
	}
	return note(entry)
}

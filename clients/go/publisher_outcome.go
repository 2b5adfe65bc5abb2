package parley

import (
	"fmt"

	"connectrpc.com/connect/v2"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// result takes the result of the first batch in flight. Its error ends the
// session.
func (s *session) result(result *messagingv1.PublishResult) error {
	s.mu.Lock()
	expected := s.box.sent > 0 && s.box.flight[0].number == result.GetCorrelationId()
	s.mu.Unlock()
	switch {
	case !expected:
		return fmt.Errorf("%w: a result for publish %d was not due", ErrBroken, result.GetCorrelationId())
	case result.GetError() != nil:
		return commandError(result.GetError())
	default:
		return s.receipt(result.GetReceipt())
	}
}

// receipt settles the first batch in flight.
func (s *session) receipt(receipt *messagingv1.Receipt) error {
	if err := s.acknowledge(receipt); err != nil {
		return err
	}
	s.resume()
	return nil
}

func (s *session) acknowledge(receipt *messagingv1.Receipt) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := len(s.box.flight[0].entries) - len(receipt.GetDuplicates())
	stored := receipt.GetLastSequence() - receipt.GetFirstSequence() + 1
	if receipt.GetFirstSequence() == 0 {
		stored = 0
	}
	if fresh < 0 || stored != uint64(fresh) || receipt.GetEpoch() == "" {
		return fmt.Errorf("%w: the receipt does not fit its batch", ErrBroken)
	}
	s.epoch = receipt.GetEpoch()
	s.settle(receipt, nil)
	s.settled++
	s.poke()
	return nil
}

// settle gives the messages of the first batch their outcome. The caller holds
// the lock.
func (p *Publisher) settle(receipt *messagingv1.Receipt, err error) {
	b := p.box.pop()
	if err != nil && p.failed == nil {
		p.failed = err
	}
	ack := Ack{Epoch: receipt.GetEpoch(), Durability: receipt.GetDurability()}
	next, duplicates := receipt.GetFirstSequence(), receipt.GetDuplicates()
	for i, e := range b.entries {
		if len(duplicates) > 0 && duplicates[0].GetIndex() == uint32(i) {
			ack.Sequence, ack.Duplicate = duplicates[0].GetSequence(), true
			duplicates = duplicates[1:]
		} else {
			ack.Sequence, ack.Duplicate = next, false
			next++
		}
		if err != nil {
			ack = Ack{}
		}
		e.result.settle(ack, err)
	}
	p.notify()
}

// commandError makes of the error of a command the one that a call of Publish
// would have returned.
func commandError(e *messagingv1.CommandError) error {
	var details []proto.Message
	if violations := e.GetViolations(); len(violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: v.GetField(), Description: v.GetDescription(),
			})
		}
		details = append(details, bad)
	}
	if e.GetMismatch() != nil {
		details = append(details, e.GetMismatch())
	}
	if e.GetRetryDelay() != nil {
		details = append(details, &errdetails.RetryInfo{RetryDelay: e.GetRetryDelay()})
	}
	return rpcerror.New(connect.Code(e.GetCode()), e.GetReason(), e.GetMessage(), details...)
}

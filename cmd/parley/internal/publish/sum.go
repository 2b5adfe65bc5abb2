package publish

import (
	"errors"
	"fmt"

	parley "github.com/parleyhq/parley/clients/go"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// sum is what was stored.
type sum struct {
	epoch              string
	first, last        uint64 // of the new messages; 0: none is new
	greatest           uint64
	stored, duplicates uint64
	durability         messagingv1.Durability
}

func (s *sum) any() bool { return s.stored+s.duplicates > 0 }

func (s *sum) add(ack parley.Ack) {
	if !s.any() || ack.Durability < s.durability {
		s.durability = ack.Durability
	}
	s.epoch = ack.Epoch
	s.greatest = max(s.greatest, ack.Sequence)
	if ack.Duplicate {
		s.duplicates++
		return
	}
	s.stored++
	if s.first == 0 {
		s.first = ack.Sequence
	}
	s.last = ack.Sequence
}

// take is add for the receipt of all messages.
func (s *sum) take(receipt *messagingv1.Receipt, messages int) {
	s.epoch, s.durability = receipt.GetCursor().GetEpoch(), receipt.GetDurability()
	s.first, s.last, s.greatest = receipt.GetFirstSequence(), receipt.GetLastSequence(), receipt.GetCursor().GetSequence()
	s.duplicates = uint64(len(receipt.GetDuplicates()))
	s.stored = uint64(messages) - s.duplicates
}

// receipt has no number of batches: that is the publisher's affair.
func (s *sum) receipt() *messagingv1.StreamReceipt {
	return &messagingv1.StreamReceipt{
		Epoch: s.epoch, FirstSequence: s.first, LastSequence: s.last,
		StoredMessages: s.stored, DuplicateMessages: s.duplicates, Durability: s.durability,
		Cursor: &messagingv1.Cursor{Epoch: s.epoch, Sequence: s.greatest},
	}
}

// failure is which lines have no receipt, though they were taken.
type failure struct {
	first   int // the first line; 0: none
	open    int // how many may be stored
	openEnd int // the last one that may be stored

	allOrNone bool // all lines are one request
}

func (f *failure) add(number int, open bool) {
	if f.first == 0 {
		f.first = number
	}
	if open {
		f.open++
		f.openEnd = number
	}
}

// advice says what became of the lines without a receipt and how to go on. It does
// not name a line that err has named.
func (p *publication) advice(err error) string {
	f, unit := p.failed, p.in.unit
	bad, named := errors.AsType[*lineError](err)
	switch {
	case f.first == 0:
		return ""
	case f.open == 0 && f.allOrNone:
		return "nothing is stored"
	case f.open == 0 && named && bad.number == f.first:
		return "it is not stored, nor anything after it"
	case f.open == 0:
		return fmt.Sprintf("%s %d is not stored, nor anything after it", unit, f.first)
	}
	what := fmt.Sprintf("%ss %d to %d are perhaps stored, nothing after them", unit, f.first, f.openEnd)
	if f.first == f.openEnd {
		what = fmt.Sprintf("%s %d is perhaps stored, nothing after it", unit, f.first)
	}
	if p.command.rerun {
		return what + "; run the same command again, it stores nothing twice"
	}
	return what + "; use --id-prefix to make running the command again safe, and look with: " +
		p.command.CommandLine("subscribe", p.command.Topic, "--from", "last=10", "--stop-at-head")
}

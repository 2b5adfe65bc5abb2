package linear

import (
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/parleyhq/parley/tests/faults/ledger"
)

// Call is what a client asked for: a publish if it has ids, else a read.
type Call struct {
	IDs      []string // of the batch; never empty ones
	Expected *uint64  // expected_last_sequence
}

// Answer is what it was told.
type Answer struct {
	Unknown   bool           // of a publish: the connection broke, it may be stored
	Sequences []uint64       // of a publish: each message's, duplicates included
	Mismatch  bool           // of a publish: refused, because the topic ends at Last
	Last      uint64         // of a read or a mismatch: the topic's last sequence
	Messages  []ledger.Place // of a read: some of the topic's messages
}

// topic is the state: the ids in order of their sequences, from 1.
type topic []string

// Model returns the topic as porcupine wants it.
func Model() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{topic(nil)} },
		Step: func(state, input, output any) []any {
			before, ok := state.(topic)
			call, isCall := input.(Call)
			answer, isAnswer := output.(Answer)
			if !ok || !isCall || !isAnswer {
				return nil
			}
			if len(call.IDs) > 0 {
				return before.publish(call, answer)
			}
			if before.shows(answer) {
				return []any{before}
			}
			return nil
		},
		Equal: func(a, b any) bool {
			one, isTopic := a.(topic)
			other, alsoTopic := b.(topic)
			return isTopic && alsoTopic && slices.Equal(one, other)
		},
	}
	return model.ToModel()
}

// shows reports whether a read of the topic gives this answer.
func (t topic) shows(answer Answer) bool {
	if answer.Last != uint64(len(t)) {
		return false
	}
	for _, message := range answer.Messages {
		if message.Sequence == 0 || message.Sequence > uint64(len(t)) || t[message.Sequence-1] != message.ID {
			return false
		}
	}
	return true
}

// publish returns what the topic can be after a publish that got this answer;
// nothing if it cannot get it.
func (t topic) publish(call Call, answer Answer) []any {
	first, after := uint64(len(t))+1, append(slices.Clip(slices.Clone(t)), call.IDs...)
	at := slices.Index(t, call.IDs[0])
	refused := at < 0 && call.Expected != nil && *call.Expected != uint64(len(t))
	if at >= 0 { // the batch is there: all or none
		first, after = uint64(at)+1, t
	}
	switch {
	case answer.Unknown && refused:
		return []any{t}
	case answer.Unknown:
		return []any{t, after}
	case answer.Mismatch && refused && answer.Last == uint64(len(t)):
		return []any{t}
	case !refused && answer.at(first, len(call.IDs)):
		return []any{after}
	default:
		return nil
	}
}

// at reports whether a receipt names count sequences from first on.
func (a Answer) at(first uint64, count int) bool {
	if a.Mismatch || len(a.Sequences) != count {
		return false
	}
	for index, sequence := range a.Sequences {
		if sequence != first+uint64(index) {
			return false
		}
	}
	return true
}

// Check reports whether a history is linearizable; an error means that this
// could not be decided within the limit.
func Check(history []porcupine.Operation, limit time.Duration) (bool, error) {
	switch result := porcupine.CheckOperationsTimeout(Model(), history, limit); result {
	case porcupine.Ok:
		return true, nil
	case porcupine.Illegal:
		return false, nil
	default:
		return false, fmt.Errorf("checking %d operations took longer than %s", len(history), limit)
	}
}

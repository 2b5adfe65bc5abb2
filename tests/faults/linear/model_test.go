package linear_test

import (
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/linear"
)

func operation(begin, end int64, call linear.Call, answer linear.Answer) porcupine.Operation {
	return porcupine.Operation{ClientId: int(begin), Call: begin, Return: end, Input: call, Output: answer}
}

// TestCheck gives the checker histories of which the verdict is known.
func TestCheck(t *testing.T) {
	t.Parallel()
	one := uint64(1)
	type op = porcupine.Operation
	a := operation(1, 10, linear.Call{IDs: []string{"a"}}, linear.Answer{Sequences: []uint64{1}})
	b := operation(2, 9, linear.Call{IDs: []string{"b", "c"}}, linear.Answer{Sequences: []uint64{2, 3}})
	lost := operation(3, 12, linear.Call{IDs: []string{"x"}}, linear.Answer{Unknown: true})
	read := func(begin, last uint64, messages ...ledger.Place) op {
		return operation(int64(begin), int64(begin)+1, linear.Call{}, linear.Answer{Last: last, Messages: messages})
	}
	for _, test := range []struct {
		name    string
		history []op
		want    bool
	}{
		{"concurrent publishes", []op{a, b, read(20, 3, ledger.Place{ID: "c", Sequence: 3})}, true},
		{"an unknown publish took effect", []op{a, lost, read(20, 2, ledger.Place{ID: "x", Sequence: 2})}, true},
		{"an unknown publish took no effect", []op{a, lost, read(20, 1)}, true},
		{"an unknown publish is repeated", []op{
			a, lost, operation(20, 21, linear.Call{IDs: []string{"x"}}, linear.Answer{Sequences: []uint64{2}}), read(22, 2),
		}, true},
		{"the expected end", []op{a, operation(20, 21, linear.Call{IDs: []string{"d"}, Expected: &one}, linear.Answer{Sequences: []uint64{2}})}, true},
		{"another end than expected", []op{
			a, b, operation(20, 21, linear.Call{IDs: []string{"d"}, Expected: &one}, linear.Answer{Mismatch: true, Last: 3}), read(22, 3),
		}, true},

		{"an acknowledged message is not read", []op{a, b, read(20, 2)}, false},
		{"a read goes back in time", []op{a, b, read(20, 3), read(30, 1)}, false},
		{"a read sees another message", []op{a, b, read(20, 3, ledger.Place{ID: "c", Sequence: 2})}, false},
		{"a sequence is issued twice", []op{a, operation(20, 21, linear.Call{IDs: []string{"d"}}, linear.Answer{Sequences: []uint64{1}})}, false},
		{"a sequence is left out", []op{a, operation(20, 21, linear.Call{IDs: []string{"d"}}, linear.Answer{Sequences: []uint64{3}})}, false},
		{"a batch is torn", []op{operation(1, 2, linear.Call{IDs: []string{"b", "c"}}, linear.Answer{Sequences: []uint64{1, 3}})}, false},
		{"a retry is stored again", []op{a, operation(20, 21, linear.Call{IDs: []string{"a"}}, linear.Answer{Sequences: []uint64{2}})}, false},
		{"an expectation is ignored", []op{
			a, b, operation(20, 21, linear.Call{IDs: []string{"d"}, Expected: &one}, linear.Answer{Sequences: []uint64{4}}),
		}, false},
		{"a mismatch without cause", []op{a, operation(20, 21, linear.Call{IDs: []string{"d"}, Expected: &one}, linear.Answer{Mismatch: true, Last: 1})}, false},
		{"an unknown publish takes effect later", []op{a, lost, read(20, 1), read(30, 2)}, false},
		{"an unknown publish comes and goes", []op{a, lost, read(20, 2), read(30, 1)}, false},
		{"a read sees what was never published", []op{a, read(20, 2)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got, err := linear.Check(test.history, 10*time.Second); err != nil || got != test.want {
				t.Errorf("linearizable: %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

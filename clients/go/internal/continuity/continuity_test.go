package continuity

import (
	"errors"
	"strings"
	"testing"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// response builds a delivery of messages whose cursor stands at a place.
func response(epoch string, cursor uint64, sequences ...uint64) *messagingv1.SubscribeResponse {
	res := &messagingv1.SubscribeResponse{Cursor: &messagingv1.Cursor{Epoch: epoch, Sequence: cursor}}
	for _, sequence := range sequences {
		res.Messages = append(res.Messages, &messagingv1.Message{Sequence: sequence})
	}
	return res
}

func gapped(res *messagingv1.SubscribeResponse, first, last, resumed uint64) *messagingv1.SubscribeResponse {
	res.Gap = &messagingv1.Gap{Reason: messagingv1.GapReason_GAP_REASON_DATA_LOSS, FirstMissing: first, LastMissing: last, ResumedAt: resumed}
	return res
}

func TestCheck(t *testing.T) {
	t.Parallel()
	after := func(epoch string, sequence uint64) *messagingv1.Start {
		return &messagingv1.Start{Position: &messagingv1.Start_After{After: &messagingv1.Cursor{Epoch: epoch, Sequence: sequence}}}
	}
	type responses []*messagingv1.SubscribeResponse
	for name, test := range map[string]struct {
		start    *messagingv1.Start
		filtered bool
		all      responses
		broken   string // of the last one; "": none
	}{
		"from anywhere":            {nil, false, responses{response("e", 6, 5, 6), response("e", 6), response("e", 7, 7)}, ""},
		"an empty beginning":       {nil, false, responses{response("e", 4), response("e", 5, 5)}, ""},
		"a hole":                   {nil, false, responses{response("e", 6, 5, 6), response("e", 8, 8)}, "sequences 7 to 7 are left out"},
		"a hole within":            {nil, false, responses{response("e", 7, 5, 7)}, "sequences 6 to 6"},
		"a hole at the cursor":     {nil, false, responses{response("e", 6, 5, 6), response("e", 7)}, "the cursor is at sequence 7"},
		"a repeated one":           {nil, false, responses{response("e", 6, 5, 6), response("e", 7, 6, 7)}, "sequence 6 comes after sequence 6"},
		"after":                    {after("e", 4), false, responses{response("e", 5, 5)}, ""},
		"after, a hole":            {after("e", 4), false, responses{response("e", 6, 6)}, "sequences 5 to 5"},
		"after, another epoch":     {after("e", 4), false, responses{response("f", 5, 5)}, "the epoch changes from e to f"},
		"after, a new epoch":       {after("e", 4), false, responses{gapped(response("f", 2, 1, 2), 5, 0, 1), response("f", 3, 3)}, ""},
		"a gap":                    {after("e", 4), false, responses{gapped(response("e", 8, 8), 5, 7, 8)}, ""},
		"a gap alone":              {after("e", 4), false, responses{gapped(response("e", 7), 5, 7, 8), response("e", 8, 8)}, ""},
		"a hole before a gap":      {after("e", 4), false, responses{gapped(response("e", 8, 8), 6, 7, 8)}, "a gap begins at sequence 6"},
		"a hole after a gap":       {after("e", 4), false, responses{gapped(response("e", 9, 9), 5, 7, 8)}, "sequences 8 to 8"},
		"a gap backwards":          {after("e", 4), false, responses{gapped(response("e", 3, 3), 3, 3, 3)}, "goes back"},
		"a gap to nowhere":         {after("e", 4), false, responses{gapped(response("e", 5, 5), 5, 5, 0)}, "does not say"},
		"no cursor":                {nil, false, responses{{}}, "no cursor"},
		"a sequence":               {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 5}}, false, responses{response("e", 5, 5)}, ""},
		"a sequence, a hole":       {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 5}}, false, responses{response("e", 6, 6)}, "sequences 5 to 5"},
		"filtered":                 {after("e", 4), true, responses{response("e", 20, 9, 14), response("e", 30), response("e", 31, 31)}, ""},
		"filtered, a repeated one": {after("e", 4), true, responses{response("e", 20, 9), response("e", 25, 20)}, "sequence 20 comes after"},
		"filtered, backwards":      {after("e", 4), true, responses{response("e", 20, 9), response("e", 19)}, "the cursor is at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := Checker{Filtered: test.filtered}
			c.StartAt(test.start)
			for i, res := range test.all {
				err := c.Check(res)
				if last := i == len(test.all)-1; !last || test.broken == "" {
					if err != nil {
						t.Errorf("response %d: %v", i, err)
					}
					continue
				}
				if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), test.broken) {
					t.Errorf("response %d: %v, want %q", i, err, test.broken)
				}
			}
		})
	}
}

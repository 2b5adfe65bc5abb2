package delivery_test

import (
	"testing"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// looks counts where readers look.
type looks struct {
	uncounted

	tail, store int
}

func (l *looks) Looked(inTail bool) {
	if inTail {
		l.tail++
	} else {
		l.store++
	}
}

func ten(t *testing.T, source *delivery.Source) {
	t.Helper()
	var batch []store.Message
	for range 10 {
		batch = append(batch, storetest.Message("", "x"))
	}
	publish(t, source, batch...)
}

// TestWithinRecords begins in the middle of a record in memory, and ends where the
// topic did when reading began, whether more has been published since or not.
func TestWithinRecords(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]bool{"one record": false, "several": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, seen := open(t, delivery.LargeBytes), &looks{}
			source.Observer = seen
			begin(t, source) // while somebody reads, records are kept
			ten(t, source)
			reader, err := source.Open(t.Context(), delivery.Request{
				Topic: "a", Start: &messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 4}}, StopAtHead: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(reader.Close)
			if more {
				ten(t, source)
			}
			piece := next(t, reader)
			got, err := storetest.Decode(store.Record{First: 4, Last: 10, Frames: piece.Frames})
			if err != nil || len(got) != 7 || got[0].Sequence != 4 {
				t.Errorf("got %+v, %v; want 4 to 10", got, err)
			}
			if piece.Messages != 7 || piece.Cursor.Sequence != 10 || !reader.Ended() {
				t.Errorf("%d messages, after %d, ended: %v", piece.Messages, piece.Cursor.Sequence, reader.Ended())
			}
			if seen.tail != 1 || seen.store != 0 {
				t.Errorf("looked %d times in memory and %d times in the store", seen.tail, seen.store)
			}
		})
	}
}

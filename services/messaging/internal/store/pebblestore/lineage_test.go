package pebblestore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// cutLog cuts the logs of a closed store to a fraction of their size.
func cutLog(t *testing.T, fs vfs.FS, numerator, denominator int) {
	t.Helper()
	for _, path := range files(t, fs, "data") {
		if content := readAll(t, fs, path); strings.HasSuffix(path, ".log") && len(content) > 0 {
			writeAll(t, fs, path, content[:len(logPart(content))*numerator/denominator])
		}
	}
}

// mustRecover accepts the loss of a store that does not open.
func mustRecover(t *testing.T, opts pebblestore.Options) *store.LossError {
	t.Helper()
	finding, err := pebblestore.Recover(opts, pebblestore.Recovery{AcceptLoss: true, Definition: storetest.Definition()})
	if err != nil {
		t.Fatal(err)
	}
	var loss *store.LossError
	if !errors.As(finding, &loss) || len(loss.Topics) != 1 {
		t.Fatalf("finding: %v", finding)
	}
	return loss
}

// TestRecoverTwice loses the end of the log twice, the second time in the new
// epoch.
func TestRecoverTwice(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	opts := memoryOptions(fs)
	var want store.Lineage
	for range 2 {
		s := mustOpen(t, opts)
		if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
			t.Fatal(err)
		}
		publish(t, s, "a", "1", "2", "3", "4", "5", "6", "7", "8")
		before, err := s.GetTopic(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
		cutLog(t, fs, 3, 4)
		loss := mustRecover(t, opts).Topics[0]
		if loss.Found >= loss.Acknowledged || loss.Acknowledged != before.Last {
			t.Fatalf("loss: %+v, before it %+v", loss, before)
		}
		s = mustOpen(t, opts)
		got, err := s.GetTopic(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, store.PastEpoch{Epoch: before.Epoch, End: loss.Found, Next: got.Last + 1})
		if len(got.Past) != len(want) || got.Last <= loss.Acknowledged || got.First != 1 {
			t.Fatalf("recovered: %+v, want %+v", got, want)
		}
		for i := range want {
			if got.Past[i] != want[i] {
				t.Errorf("epoch %d: %+v, want %+v", i, got.Past[i], want[i])
			}
		}
		mustClose(t, s)
	}
}

// TestRecoverName loses all of a topic but its name and epoch, which the mark
// has.
func TestRecoverName(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	opts := memoryOptions(fs)
	s := mustOpen(t, opts)
	before, err := s.CreateTopic(t.Context(), "a", storetest.Definition())
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, "a", "1", "2")
	mustClose(t, s)
	cutLog(t, fs, 0, 1)
	if loss := mustRecover(t, opts).Topics[0]; !loss.Gone || loss.Acknowledged != 2 {
		t.Fatalf("loss: %+v", loss)
	}
	s = mustOpen(t, opts)
	got, err := s.GetTopic(t.Context(), "a")
	if err != nil || len(got.Past) != 1 || got.Past[0] != (store.PastEpoch{Epoch: before.Epoch, Next: got.Last + 1}) || got.Last <= 2 {
		t.Errorf("recovered: %+v, %v", got, err)
	}
	if got.First != got.Last+1 || got.Begin != 1 {
		t.Errorf("begins at %d, first %d", got.Begin, got.First)
	}
	mustClose(t, s)
}

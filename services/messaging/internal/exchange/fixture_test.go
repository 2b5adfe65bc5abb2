package exchange_test

import (
	"testing"

	"buf.build/go/protovalidate"
	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type uncounted struct{}

func (uncounted) Delivered(*delivery.Piece) {}
func (uncounted) Looked(bool)               {}
func (uncounted) Following(int)             {}

// open returns a source over a store in memory with a topic "a".
func open(t testing.TB) (*delivery.Source, protovalidate.Validator) {
	t.Helper()
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	tails := tail.New(tail.DefaultTopicBytes, tail.DefaultTotalBytes)
	s, err := pebblestore.Open(pebblestore.Options{
		Dir: "data", FS: vfs.NewMem(), DiskFree: func() (uint64, error) { return 1 << 40, nil },
		Hooks: store.Hooks{
			Committed: tails.Commit, Trimmed: tails.Trim, Deleted: func(topic, _ string) { tails.Delete(topic) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.CreateTopic(t.Context(), "a", storetest.Definition()); err != nil {
		t.Fatal(err)
	}
	return &delivery.Source{Store: s, Tails: tails, Buffers: delivery.NewBuffers(1), Observer: uncounted{}}, validator
}

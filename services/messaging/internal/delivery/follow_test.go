package delivery_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"github.com/parleyhq/parley/platform/drain"
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
func open(t testing.TB, large int64) *delivery.Source {
	t.Helper()
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
	return &delivery.Source{Store: s, Tails: tails, Buffers: delivery.NewBuffers(large), Observer: uncounted{}}
}

func publish(t testing.TB, s *delivery.Source, messages ...store.Message) {
	t.Helper()
	if _, err := s.Store.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: messages}); err != nil {
		t.Fatal(err)
	}
}

// TestHeartbeats sends one after each interval of silence, and a last piece when
// the server drains.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := open(t, 1)
		draining, startDrain := context.WithCancel(t.Context())
		defer startDrain()
		reader, err := source.Open(t.Context(), delivery.Request{Topic: "a"})
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		begin := time.Now()
		var sent []time.Duration
		ended := make(chan error, 1)
		go func() {
			ended <- reader.Follow(drain.NewContext(t.Context(), draining), 10*time.Second, func(*delivery.Piece) error {
				sent = append(sent, time.Since(begin))
				return nil
			})
		}()
		<-time.After(25 * time.Second)
		publish(t, source, storetest.Message("", "x")) // at 25 s
		<-time.After(12 * time.Second)                 // heartbeat at 35 s
		startDrain()                                   // at 37 s
		if err := <-ended; !errors.Is(err, delivery.ErrDraining) {
			t.Errorf("ended with %v", err)
		}
		want := []time.Duration{0, 10 * time.Second, 20 * time.Second, 25 * time.Second, 35 * time.Second, 37 * time.Second}
		for i := range want {
			if i >= len(sent) || sent[i] != want[i] {
				t.Fatalf("sent at %v, want %v", sent, want)
			}
		}
	})
}

// BenchmarkLive measures one record of 256 messages from the log to a reader.
func BenchmarkLive(b *testing.B) {
	source := open(b, 1)
	reader, err := source.Open(b.Context(), delivery.Request{Topic: "a"})
	if err != nil {
		b.Fatal(err)
	}
	defer reader.Close()
	var batch []store.Message
	for range 256 {
		batch = append(batch, storetest.Message("", "a message of some length, of which there are many"))
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		publish(b, source, batch...)
		b.StartTimer()
		for got := uint64(0); got < 256; {
			piece, err := reader.Next(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			got += piece.Messages
		}
	}
}

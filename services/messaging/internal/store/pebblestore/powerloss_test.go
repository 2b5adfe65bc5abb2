package pebblestore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/store/storetest"
)

// ledger is what publishers were told.
type ledger struct {
	mu    sync.Mutex
	acked map[string]map[uint64]string // topic: sequence: text

	batches int // acknowledged
	awaited int
	reached chan struct{} // closed when as many batches are acknowledged
}

func newLedger(acked map[string]map[uint64]string) *ledger {
	if acked == nil {
		acked = make(map[string]map[uint64]string)
	}
	return &ledger{acked: acked, reached: make(chan struct{})}
}

// await returns when a number of batches have been acknowledged, for which
// publishers must be running; once per ledger.
func (l *ledger) await(t *testing.T, batches int) {
	t.Helper()
	l.mu.Lock()
	l.awaited = batches
	if l.batches >= batches {
		close(l.reached)
	}
	l.mu.Unlock()
	select {
	case <-l.reached:
	case <-time.After(20 * time.Second):
		t.Fatalf("%d batches are not acknowledged in time", batches)
	}
}

func (l *ledger) add(topic string, r store.Receipt, batch []store.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.acked[topic] == nil {
		l.acked[topic] = make(map[uint64]string)
	}
	for i, m := range batch {
		l.acked[topic][r.First+uint64(i)] = m.ID
	}
	if l.batches++; l.batches == l.awaited {
		close(l.reached)
	}
}

func (l *ledger) snapshot() map[string]map[uint64]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[string]map[uint64]string)
	for topic, m := range l.acked {
		out[topic] = maps.Clone(m)
	}
	return out
}

// publishUntil publishes from a number of goroutines until stop is closed or the
// store fails.
func publishUntil(s store.Store, l *ledger, life int, stop <-chan struct{}) *sync.WaitGroup {
	var wg sync.WaitGroup
	for p := range 6 {
		wg.Go(func() {
			topic := fmt.Sprintf("t%d", p%2)
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				var batch []store.Message
				for m := range 1 + (n+p)%5 {
					id := fmt.Sprintf("%d-%d-%d-%d", life, p, n, m)
					batch = append(batch, storetest.Message(id, id))
				}
				r, err := s.Append(noContext(), store.AppendRequest{Topic: topic, Messages: batch})
				if err != nil {
					return
				}
				l.add(topic, r, batch)
			}
		})
	}
	return &wg
}

// checkLedger reads everything and compares it with what publishers were told;
// then it retries some of it, and publishes more.
func checkLedger(t *testing.T, s store.Store, acked map[string]map[uint64]string) {
	t.Helper()
	for topic, want := range acked {
		got := readTopic(t, s, topic)
		for seq, id := range want {
			if got[seq] != id {
				t.Fatalf("topic %s: sequence %d is %q, acknowledged was %q", topic, seq, got[seq], id)
			}
		}
		retries := 0
		for seq, id := range want {
			r, err := s.Append(t.Context(), store.AppendRequest{Topic: topic, Messages: []store.Message{storetest.Message(id, id)}})
			if err != nil || len(r.Duplicates) != 1 || r.Duplicates[0].Sequence != seq {
				t.Fatalf("topic %s: retry of %s: %+v, %v, want %d", topic, id, r, err, seq)
			}
			if retries++; retries == 20 {
				break
			}
		}
	}
}

// readTopic reads a topic from its beginning, failing on any gap.
func readTopic(t *testing.T, s store.Store, topic string) map[uint64]string {
	t.Helper()
	got := make(map[uint64]string)
	for from := uint64(1); ; {
		page, err := s.Read(t.Context(), store.ReadRequest{Topic: topic, From: from})
		if err != nil || page.Gap != nil {
			t.Fatalf("read topic %s from %d: %+v, %v", topic, from, page.Gap, err)
		}
		messages, err := storetest.Decode(page.Record)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			got[m.Sequence] = m.ID
		}
		if from = page.Next; from > page.TopicLast {
			return got
		}
	}
}

func memoryOptions(fs vfs.FS) pebblestore.Options {
	return pebblestore.Options{
		Dir: "data", FS: fullLogs{fs}, MarkInterval: time.Millisecond, MemTableBytes: 256 << 10,
		DiskFree: func() (uint64, error) { return 1 << 40, nil },
	}
}

// TestPowerLoss cuts the power again and again while publishers run. What was
// not synced is lost, all of it or some. Everything acknowledged is there, the
// store opens by itself, and it does not cry wolf.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	for _, unsynced := range []int{0, 50, 95} {
		t.Run(fmt.Sprintf("unsynced=%d", unsynced), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(uint64(unsynced), 3))
			fs := vfs.NewCrashableMem()
			l := newLedger(nil)
			for life := range 12 {
				s, err := pebblestore.Open(memoryOptions(fs))
				if err != nil {
					t.Fatalf("life %d: %v", life, err)
				}
				checkLedger(t, s, l.snapshot())
				for i := range 2 {
					if _, err := s.CreateTopic(t.Context(), fmt.Sprintf("t%d", i), storetest.Definition()); err != nil {
						t.Fatal(err)
					}
				}
				stop := make(chan struct{})
				wg := publishUntil(s, l, life, stop)
				l.await(t, 1+rng.IntN(400))
				acked := l.snapshot()
				after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rng})
				close(stop)
				wg.Wait()
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				fs, l = after, newLedger(acked)
			}
			s, err := pebblestore.Open(memoryOptions(fs))
			if err != nil {
				t.Fatal(err)
			}
			checkLedger(t, s, l.snapshot())
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			report, err := pebblestore.Check(memoryOptions(fs))
			if err != nil || !report.Clean() {
				t.Errorf("check: %+v, %v", report, err)
			}
		})
	}
}

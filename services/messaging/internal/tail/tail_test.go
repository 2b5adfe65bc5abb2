package tail_test

import (
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	frameBytes  = 10
	recordBytes = frameBytes + tail.RecordBytes
)

// commit commits a record of one message.
func commit(t *tail.Tails, topic string, sequence uint64) {
	t.Commit(store.Commit{Topic: topic, Epoch: "e", Record: store.Record{
		First: sequence, Last: sequence, Frames: make([]byte, frameBytes),
	}})
}

func TestBounds(t *testing.T) {
	t.Parallel()
	tails := tail.New(5*recordBytes, 8*recordBytes)
	a, b := tails.Open("a"), tails.Open("b")
	for sequence := range uint64(9) {
		commit(tails, "a", sequence+1)
		commit(tails, "unread", sequence+1)
	}
	if got := tails.Bytes(); got != 5*recordBytes {
		t.Errorf("%d bytes of one topic", got)
	}
	for sequence := range uint64(4) {
		commit(tails, "b", sequence+1)
	}
	if got := tails.Bytes(); got != 8*recordBytes {
		t.Errorf("%d bytes of two topics", got)
	}
	for _, test := range []struct {
		tail    *tail.Tail
		from    uint64
		records int
		atEnd   bool
	}{
		{a, 5, 0, false}, // dropped for b
		{a, 6, 4, false},
		{a, 9, 1, false},
		{a, 10, 0, true},
		{b, 1, 4, false},
	} {
		v := test.tail.From("e", test.from, 1<<20, nil)
		if len(v.Records) != test.records || v.AtEnd != test.atEnd {
			t.Errorf("from %d: %d records, at end %v; want %d, %v", test.from, len(v.Records), v.AtEnd, test.records, test.atEnd)
		}
	}
	changed := b.From("e", 5, 1, nil).Changed
	tails.Trim("b", "e", 4)
	tails.Delete("b")
	<-changed
	if v := b.From("e", 1, 1, nil); !v.Deleted || len(v.Records) != 0 {
		t.Errorf("view of a deleted topic: %+v", v)
	}
	a.Close()
	b.Close()
	if got := tails.Bytes(); got != 0 {
		t.Errorf("%d bytes that nobody reads", got)
	}
}

// TestNotKept has a reader come while a record is committed that nobody followed when it
// was begun: the reader knows of it, is woken, and has to ask the store.
func TestNotKept(t *testing.T) {
	t.Parallel()
	tails := tail.New(1<<20, 1<<20)
	if tails.Followed("a") {
		t.Error("a is followed by nobody")
	}
	r := tails.Open("a")
	if !tails.Followed("a") || tails.Followed("b") {
		t.Errorf("a followed: %v, b: %v", tails.Followed("a"), tails.Followed("b"))
	}
	changed := r.From("e", 1, 1, nil).Changed
	tails.Commit(store.Commit{Topic: "a", Epoch: "e", Record: store.Record{First: 1, Last: 3}})
	<-changed
	if v := r.From("e", 2, 1, nil); len(v.Records) != 0 || v.AtEnd || v.Last != 3 {
		t.Errorf("view of what is not kept: %+v", v)
	}
	commit(tails, "a", 4)
	if v := r.From("e", 4, 1, nil); len(v.Records) != 1 || v.Last != 4 {
		t.Errorf("view of what is: %+v", v)
	}
	if v := r.From("e", 3, 1, nil); len(v.Records) != 0 || v.AtEnd {
		t.Errorf("view of what lies before: %+v", v)
	}
	r.Close()
	if tails.Followed("a") {
		t.Error("a is followed by nobody any more")
	}
}

// TestConcurrent has topics push each other out while readers come, read and go.
// Each reader sees every sequence, or that it has fallen behind.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	const topics, readers, records = 4, 4, 2000
	tails := tail.New(20*recordBytes, 50*recordBytes)
	var all sync.WaitGroup
	for i := range topics {
		topic := strconv.Itoa(i)
		var opened sync.WaitGroup
		opened.Add(readers)
		for range readers {
			all.Go(func() {
				r := tails.Open(topic)
				opened.Done()
				read(t, tails, r, topic, records)
				r.Close()
			})
		}
		all.Go(func() {
			opened.Wait()
			for sequence := range uint64(records) {
				commit(tails, topic, sequence+1)
				if sequence%100 == 99 {
					tails.Trim(topic, "e", sequence-5)
				}
				if got := tails.Bytes(); got > 50*recordBytes {
					t.Errorf("%d bytes", got)
				}
			}
			tails.Delete(topic)
		})
	}
	all.Wait()
	if got := tails.Bytes(); got != 0 {
		t.Errorf("%d bytes that nobody reads", got)
	}
}

// read follows a topic until it is deleted, which happens after the last record.
func read(t *testing.T, tails *tail.Tails, r *tail.Tail, topic string, last uint64) {
	t.Helper()
	var buffer []store.Record
	for next := uint64(1); ; {
		v := r.From("e", next, 3*frameBytes, buffer)
		buffer = v.Records
		switch {
		case v.Deleted:
			if v.Last != last {
				t.Errorf("the last sequence was %d", v.Last)
			}
			return
		case len(v.Records) > 0:
			for _, record := range v.Records {
				if record.First != next {
					t.Errorf("got %d, want %d", record.First, next)
				}
				next = record.Last + 1
			}
			if next%50 == 0 { // another one comes and goes
				tails.Open(topic).Close()
			}
		case v.AtEnd, v.Last == 0:
			<-v.Changed
		default:
			next = v.Last + 1 // as after reading the store
		}
	}
}

// BenchmarkReaders reads many topics at once, each at its end, while one is
// committed to.
func BenchmarkReaders(b *testing.B) {
	tails := tail.New(tail.DefaultTopicBytes, tail.DefaultTotalBytes)
	stop := make(chan struct{})
	var committer sync.WaitGroup
	busy := tails.Open("busy")
	committer.Go(func() {
		for sequence := uint64(1); ; sequence++ {
			select {
			case <-stop:
				return
			default:
				commit(tails, "busy", sequence)
			}
		}
	})
	var mu sync.Mutex
	topics := 0
	b.RunParallel(func(pb *testing.PB) {
		mu.Lock()
		topic := strconv.Itoa(topics)
		topics++
		mu.Unlock()
		r := tails.Open(topic)
		defer r.Close()
		commit(tails, topic, 1)
		var buffer []store.Record
		for pb.Next() {
			buffer = r.From("e", 1, 1<<20, buffer).Records
		}
	})
	close(stop)
	committer.Wait()
	busy.Close()
}

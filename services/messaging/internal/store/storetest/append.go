package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

func testAppend(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	topic := h.create("a", Definition())
	if r := h.publish("a", Message("", "1")); r.First != 1 || r.Last != 1 || r.Epoch != topic.Epoch || r.Durability == 0 {
		t.Errorf("first receipt %+v", r)
	}
	if r := h.publish("a", Message("", "2"), Message("", "3")); r.First != 2 || r.Last != 3 {
		t.Errorf("second receipt %+v", r)
	}
	size := h.topic("a").Bytes
	h.reopen()
	if r := h.publish("a", Message("", "4")); r.First != 4 || r.Last != 4 {
		t.Errorf("receipt after restart %+v", r)
	}
	got := h.topic("a")
	if got.First != 1 || got.Last != 4 || got.Messages != 4 || got.Bytes != size/3*4 || got.Epoch != topic.Epoch {
		t.Errorf("topic %+v; 3 messages had %d bytes", got, size)
	}
	list := h.all("a", 1)
	if want := []string{"1", "2", "3", "4"}; !reflect.DeepEqual(texts(list), want) {
		t.Errorf("messages %v", texts(list))
	}
	for _, m := range list {
		if !m.Time.Equal(h.Clock.Now()) {
			t.Errorf("publish time %v, want %v", m.Time, h.Clock.Now())
		}
	}
}

func testAppendErrors(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	def := Definition()
	def.MaxMessageBytes = 60
	h.create("a", def)
	big := strings.Repeat("x", 61)
	tests := []struct {
		name     string
		topic    string
		messages []store.Message
		is       func(error) bool
	}{
		{"empty", "a", nil, func(err error) bool { return errors.Is(err, store.ErrEmptyBatch) }},
		{"no topic", "b", []store.Message{Message("", "x")}, func(err error) bool { return errors.Is(err, store.ErrTopicNotFound) }},
		{"id twice", "a", []store.Message{Message("1", "x"), Message("2", "x"), Message("1", "y")}, func(err error) bool {
			var twice *store.DuplicateIDError
			return errors.As(err, &twice) && twice.Index == 2
		}},
		{"too large", "a", []store.Message{Message("", "x"), Message("", big)}, func(err error) bool {
			var size *store.MessageSizeError
			return errors.As(err, &size) && size.Index == 1 && size.Limit == 60 && size.Size > 61
		}},
	}
	for _, test := range tests {
		_, err := h.Append(t.Context(), store.AppendRequest{Topic: test.topic, Messages: test.messages})
		if !test.is(err) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if got := h.topic("a"); got.Last != 0 {
		t.Errorf("something was stored: %+v", got)
	}
	// Exactly the limit: tag and length, and what the store sets.
	fits := strings.Repeat("x", 60-2-store.ServerFieldBytes)
	h.publish("a", Message("", fits))
	_, err := h.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: []store.Message{Message("", fits+"x")}})
	var size *store.MessageSizeError
	if !errors.As(err, &size) || size.Size != 61 {
		t.Errorf("limit + 1: %v", err)
	}
}

func testLargeBatch(t *testing.T, factory Factory) {
	var records []store.Record
	h := open(t, factory, store.Hooks{Committed: func(c store.Commit) { records = append(records, c.Record) }})
	def := Definition()
	def.MaxMessageBytes = 0
	h.create("a", def)
	var batch []store.Message
	var want []string
	for i, size := range []int{10, 300 << 10, 20, 100 << 10, 100 << 10, 100 << 10, 1 << 20, 5, 0} {
		text := strings.Repeat(string(rune('a'+i)), size)
		batch, want = append(batch, Message(strconv.Itoa(i), text)), append(want, text)
	}
	h.publish("a", batch...)
	h.must(h.Close())
	for _, r := range records {
		if len(r.Frames) > store.MaxRecordBytes && r.Count() > 1 {
			t.Errorf("record of %d messages has %d bytes", r.Count(), len(r.Frames))
		}
	}
	h.start()
	if got := texts(h.all("a", 1)); !reflect.DeepEqual(got, want) {
		t.Error("messages differ")
	}
	if got := texts(h.all("a", 6)); !reflect.DeepEqual(got, want[5:]) {
		t.Error("messages from 6 differ")
	}
}

// testConcurrentPublishers checks that receipts of many publishers tile every
// topic, and that each publisher's messages keep their order.
func testConcurrentPublishers(t *testing.T, factory Factory) {
	const publishers, batches, topics = 16, 30, 3
	h := open(t, factory, store.Hooks{})
	for i := range topics {
		h.create(fmt.Sprintf("t%d", i), Definition())
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for b := range batches {
				var batch []store.Message
				for m := range 1 + (p+b)%4 {
					batch = append(batch, Message("", fmt.Sprintf("%d %d %d", p, b, m)))
				}
				r, err := h.Append(t.Context(), store.AppendRequest{Topic: fmt.Sprintf("t%d", p%topics), Messages: batch})
				if err != nil || r.Last-r.First+1 != uint64(len(batch)) {
					t.Errorf("receipt %+v, %v", r, err)
				}
			}
		})
	}
	wg.Wait()
	for i := range topics {
		checkPublisherOrder(t, h.all(fmt.Sprintf("t%d", i), 1), publishers, batches, i, topics)
	}
}

func checkPublisherOrder(t *testing.T, list []Stored, publishers, batches, topic, topics int) {
	t.Helper()
	next := make(map[int][2]int) // publisher: batch, message
	for _, stored := range list {
		var p, b, m int
		if _, err := fmt.Sscan(stored.Text, &p, &b, &m); err != nil {
			t.Fatal(err)
		}
		if at := next[p]; at != [2]int{b, m} {
			t.Fatalf("publisher %d: %v follows, want %v", p, [2]int{b, m}, at)
		}
		if m+1 == 1+(p+b)%4 {
			next[p] = [2]int{b + 1, 0}
		} else {
			next[p] = [2]int{b, m + 1}
		}
	}
	for p := topic; p < publishers; p += topics {
		if next[p] != [2]int{batches, 0} {
			t.Errorf("publisher %d: ends at %v", p, next[p])
		}
	}
}

func testCompareAndAppend(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	topic := h.create("a", Definition())
	at := func(last uint64, epoch string, messages ...store.Message) (store.Receipt, error) {
		return h.Append(t.Context(), store.AppendRequest{
			Topic: "a", Messages: messages, ExpectedLast: &last, ExpectedEpoch: epoch,
		})
	}
	if r, err := at(0, "", Message("1", "1"), Message("2", "2")); err != nil || r.Last != 2 {
		t.Fatalf("first: %+v, %v", r, err)
	}
	if r, err := at(0, "", Message("1", "1"), Message("2", "2")); err != nil || r.First != 0 || len(r.Duplicates) != 2 {
		t.Errorf("retry: %+v, %v", r, err)
	}
	for _, last := range []uint64{0, 1, 3} {
		_, err := at(last, topic.Epoch, Message("", "x"))
		var mismatch *store.MismatchError
		if !errors.As(err, &mismatch) || mismatch.EpochDiffers || mismatch.Actual != (store.Cursor{Epoch: topic.Epoch, Sequence: 2}) {
			t.Errorf("expecting %d: %v", last, err)
		}
	}
	if _, err := at(1, "", Message("2", "2"), Message("3", "3")); !isMismatch(err, false) {
		t.Errorf("half a retry: %v", err)
	}
	if r, err := at(2, topic.Epoch, Message("2", "2"), Message("3", "3")); err != nil || r.First != 3 || r.Last != 3 {
		t.Errorf("as expected: %+v, %v", r, err)
	}
	if _, err := at(3, "other", Message("3", "3")); !isMismatch(err, true) {
		t.Errorf("other epoch: %v", err)
	}
	if got := h.topic("a").Last; got != 3 {
		t.Errorf("last sequence %d", got)
	}
}

func testLowDiskSpace(t *testing.T, factory Factory) {
	refused := 0
	h := open(t, factory, store.Hooks{Refused: func() { refused++ }})
	h.create("a", Definition())
	h.publish("a", Message("1", "1"))
	h.SetDiskFree(0)
	_, err := h.Append(t.Context(), store.AppendRequest{Topic: "a", Messages: []store.Message{Message("2", "2")}})
	if !errors.Is(err, store.ErrLowDiskSpace) || refused != 1 {
		t.Errorf("append: %v, %d refused", err, refused)
	}
	if _, err := h.CreateTopic(t.Context(), "b", Definition()); !errors.Is(err, store.ErrLowDiskSpace) {
		t.Errorf("create: %v", err)
	}
	if r := h.publish("a", Message("1", "1")); len(r.Duplicates) != 1 {
		t.Errorf("a retry needs no space: %+v", r)
	}
	if got := texts(h.all("a", 1)); !reflect.DeepEqual(got, []string{"1"}) {
		t.Errorf("messages %v", got)
	}
	_, err = h.UpdateTopic(t.Context(), "a", "", func(d store.Definition) (store.Definition, error) {
		d.Retention.MaxMessages = 10
		return d, nil
	})
	h.must(err)
	_, err = h.PurgeTopic(t.Context(), "a", "", 2)
	h.must(err)
	h.SetDiskFree(1 << 40)
	if r := h.publish("a", Message("2", "2")); r.First != 2 {
		t.Errorf("receipt %+v", r)
	}
}

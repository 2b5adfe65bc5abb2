package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

func testCatalogue(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	def := Definition()
	def.Labels = map[string]string{"team": "a"}
	created := h.create("orders", def)
	if created.Epoch == "" || created.First != 1 || created.Last != 0 || !created.Created.Equal(h.Clock.Now()) {
		t.Errorf("created %+v", created)
	}
	if again := h.create("orders", def); !reflect.DeepEqual(again, created) {
		t.Errorf("created again: %+v, want %+v", again, created)
	}
	other := def
	other.MaxMessageBytes = 7
	_, err := h.CreateTopic(t.Context(), "orders", other)
	if exists, ok := errors.AsType[*store.TopicExistsError](err); !ok || !exists.Existing.Equal(def) || !exists.Wanted.Equal(other) {
		t.Errorf("other definition: %v", err)
	}
	if _, err := h.GetTopic(t.Context(), "nothing"); !errors.Is(err, store.ErrTopicNotFound) {
		t.Errorf("get nothing: %v", err)
	}
	h.reopen()
	if got := h.topic("orders"); !reflect.DeepEqual(got, created) {
		t.Errorf("after restart: %+v, want %+v", got, created)
	}
	if err := h.DeleteTopic(t.Context(), "orders", "other-epoch"); !isMismatch(err, true) {
		t.Errorf("delete another epoch: %v", err)
	}
	h.must(h.DeleteTopic(t.Context(), "orders", created.Epoch))
	if err := h.DeleteTopic(t.Context(), "orders", ""); !errors.Is(err, store.ErrTopicNotFound) {
		t.Errorf("delete again: %v", err)
	}
	h.reopen()
	if _, err := h.GetTopic(t.Context(), "orders"); !errors.Is(err, store.ErrTopicNotFound) {
		t.Errorf("deleted, after restart: %v", err)
	}
}

func testUpdate(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	created := h.create("a", Definition())
	refused := errors.New("refused")
	for _, result := range []error{refused, nil} {
		got, err := h.UpdateTopic(t.Context(), "a", created.Epoch, func(d store.Definition) (store.Definition, error) {
			d.Retention.MaxAge = time.Hour
			return d, result
		})
		if !errors.Is(err, result) {
			t.Errorf("update: %v, want %v", err, result)
		}
		if err == nil && got.Definition.Retention.MaxAge != time.Hour {
			t.Errorf("updated: %+v", got)
		}
	}
	h.reopen()
	got := h.topic("a")
	if got.Definition.Retention.MaxAge != time.Hour || got.Epoch != created.Epoch {
		t.Errorf("after restart: %+v", got)
	}
	keep := func(d store.Definition) (store.Definition, error) { return d, nil }
	if _, err := h.UpdateTopic(t.Context(), "b", "", keep); !errors.Is(err, store.ErrTopicNotFound) {
		t.Errorf("update nothing: %v", err)
	}
	var mismatch *store.MismatchError
	if _, err := h.UpdateTopic(t.Context(), "a", "another", keep); !errors.As(err, &mismatch) || !mismatch.EpochDiffers {
		t.Errorf("update another epoch: %v", err)
	}
}

func testRecreate(t *testing.T, factory Factory) {
	var deleted []string
	h := open(t, factory, store.Hooks{Deleted: func(topic, epoch string) { deleted = append(deleted, topic+" "+epoch) }})
	before := h.create("a", Definition())
	h.publish("a", Message("1", "old"), Message("2", "old"))
	h.must(h.DeleteTopic(t.Context(), "a", ""))
	after := h.create("a", Definition())
	if before.Epoch == after.Epoch || after.Last != 0 || after.Messages != 0 {
		t.Errorf("re-created %+v, before %+v", after, before)
	}
	if want := []string{"a " + before.Epoch}; !reflect.DeepEqual(deleted, want) {
		t.Errorf("hook: %v, want %v", deleted, want)
	}
	if r := h.publish("a", Message("1", "new")); r.First != 1 || len(r.Duplicates) != 0 || r.Epoch != after.Epoch {
		t.Errorf("receipt %+v", r)
	}
	for range 2 {
		if got := texts(h.all("a", 1)); !reflect.DeepEqual(got, []string{"new"}) {
			t.Errorf("messages %v", got)
		}
		if _, err := h.Read(t.Context(), store.ReadRequest{Topic: "a", Epoch: before.Epoch, From: 1}); !isMismatch(err, true) {
			t.Errorf("read the former epoch: %v", err)
		}
		h.reopen()
	}
}

func testList(t *testing.T, factory Factory) {
	h := open(t, factory, store.Hooks{})
	for i := range 7 {
		h.create(fmt.Sprintf("t%d", (i*3)%7), Definition())
	}
	var names []string
	after, more := "", true
	for more {
		list, m, err := h.ListTopics(t.Context(), after, 3)
		h.must(err)
		for _, topic := range list {
			names = append(names, topic.Name)
		}
		more, after = m, names[len(names)-1]
	}
	if want := []string{"t0", "t1", "t2", "t3", "t4", "t5", "t6"}; !reflect.DeepEqual(names, want) {
		t.Errorf("listed %v", names)
	}
	if list, more, err := h.ListTopics(t.Context(), "t5x", 3); err != nil || more || len(list) != 1 {
		t.Errorf("list after t5x: %v, %v, %v", list, more, err)
	}
	if _, _, err := h.ListTopics(t.Context(), "", 0); err == nil {
		t.Error("a limit of 0 is accepted")
	}
}

func isMismatch(err error, epoch bool) bool {
	var mismatch *store.MismatchError
	return errors.As(err, &mismatch) && mismatch.EpochDiffers == epoch
}

package goclient_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	parley "github.com/parleyhq/parley/clients/go"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/tests/harness"
)

// filled starts a server whose topic holds the texts 1 to n; keys alternate
// between odd and even.
func filled(t *testing.T, n int) (*harness.Server, *client.Client) {
	t.Helper()
	server := harness.Start(t)
	c := connect(t, client.Config{}, server.URL)
	create(t, c, &messagingv1.Topic{})
	p := newPublisher(t, c, parley.PublisherConfig{})
	for i := 1; i <= n; i++ {
		m := text(strconv.Itoa(i))
		m.Key = []string{"even", "odd"}[i%2]
		if _, err := p.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server, c
}

// TestStarts goes through every place to begin at.
func TestStarts(t *testing.T) {
	t.Parallel()
	_, c := filled(t, 100)
	cursor := func() *messagingv1.Cursor {
		s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic})
		for event, err := range s.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if event.(parley.Message).GetSequence() == 60 {
				break
			}
		}
		if s.Cursor().GetSequence() != 60 {
			t.Errorf("the cursor is %v", s.Cursor())
		}
		return s.Cursor()
	}()
	for name, test := range map[string]struct {
		start *messagingv1.Start
		first string
		count int
	}{
		"none": {nil, "1", 100}, "earliest": {parley.FromEarliest(), "1", 100},
		"end": {parley.FromEnd(), "", 0}, "sequence": {parley.FromSequence(42), "42", 59},
		"after": {parley.After(cursor), "61", 40}, "last": {parley.FromLast(7), "94", 7},
		"past": {parley.FromTime(time.Now().Add(-time.Hour)), "1", 100}, "future": {parley.FromTime(time.Now().Add(time.Hour)), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, count := "", 0
			s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, Start: test.start, StopAtHead: true})
			for event, err := range s.Events(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if count++; count == 1 {
					first = event.(parley.Message).GetText()
				}
			}
			if first != test.first || count != test.count || s.Cursor().GetSequence() != 100 {
				t.Errorf("%d messages from %q on, cursor %v", count, first, s.Cursor())
			}
		})
	}
}

// TestLeaveAndGoOn leaves the loop after every third message: the next loop goes
// on with the fourth.
func TestLeaveAndGoOn(t *testing.T) {
	t.Parallel()
	_, c := filled(t, 20)
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, StopAtHead: true})
	var texts []string
	for len(texts) < 20 {
		inLoop := 0
		for event, err := range s.Events(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, event.(parley.Message).GetText())
			if inLoop++; inLoop == 3 {
				break
			}
		}
	}
	wantNumbers(t, texts, 20)
}

// TestKeys holds that a filter delivers its keys, and progress past the others.
func TestKeys(t *testing.T) {
	t.Parallel()
	_, c := filled(t, 99)
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, Keys: []string{"even"}, StopAtHead: true})
	count := 0
	var last *messagingv1.Cursor
	for event, err := range s.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := event.(parley.Message); ok {
			count++
			if m.GetKey() != "even" {
				t.Errorf("key %s", m.GetKey())
			}
		}
		last = event.Cursor()
	}
	if count != 49 || last.GetSequence() != 99 {
		t.Errorf("%d messages, the cursor is %v", count, last)
	}
}

// TestRetentionOvertakes purges what a reader has yet to come to, in the middle
// of its loop: it gets a gap, and then what is left.
func TestRetentionOvertakes(t *testing.T) {
	t.Parallel()
	server, c := filled(t, 10)
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, StopAtHead: true})
	for event, err := range s.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if event.(parley.Message).GetSequence() == 3 {
			break
		}
	}
	if _, err := topics(c).PurgeTopic(t.Context(), &messagingv1.PurgeTopicRequest{Name: topic, BeforeSequence: 8}); err != nil {
		t.Fatal(err)
	}
	var gap parley.Gap
	var texts []string
	for event, err := range s.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch e := event.(type) {
		case parley.Gap:
			gap = e
			if e.Cursor().GetSequence() != 7 {
				t.Errorf("the cursor after the gap is %v", e.Cursor())
			}
		case parley.Message:
			texts = append(texts, e.GetText())
		}
	}
	if gap.Gap == nil || gap.GetReason() != messagingv1.GapReason_GAP_REASON_RETENTION || gap.GetFirstMissing() != 4 || gap.GetLastMissing() != 7 || gap.GetResumedAt() != 8 {
		t.Errorf("the gap is %v", gap.Gap)
	}
	if fmt.Sprint(texts) != "[8 9 10]" {
		t.Errorf("%v", texts)
	}
	_ = server
}

// TestReaderOfTopicCreatedAgain holds that the reader of a topic that is deleted
// hears of it, and that one which comes later gets a gap.
func TestReaderOfTopicCreatedAgain(t *testing.T) {
	t.Parallel()
	_, c := filled(t, 3)
	r := read(t, c, parley.SubscriberConfig{})
	r.awaitMessages(t, 3)
	cursor := r.all()[2].Cursor()
	if _, err := topics(c).DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: topic}); err != nil {
		t.Fatal(err)
	}
	<-r.ended
	if rpcerror.ReasonOf(r.err) != errorv1.Reason_REASON_TOPIC_NOT_FOUND {
		t.Errorf("deleted: %v", r.err)
	}
	create(t, c, &messagingv1.Topic{})
	p := newPublisher(t, c, parley.PublisherConfig{})
	publish(t, p, 1, 2)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, Start: parley.After(cursor), StopAtHead: true})
	for event, err := range s.Events(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch e := event.(type) {
		case parley.Gap:
			kinds = append(kinds, e.GetReason().String())
		case parley.Message:
			kinds = append(kinds, e.GetText())
		}
	}
	if fmt.Sprint(kinds) != "[GAP_REASON_TOPIC_RECREATED 1 2]" {
		t.Errorf("%v", kinds)
	}
}

// TestSilentStream holds that a stream on which nothing comes any more is left
// after twice the heartbeat interval, and reading goes on where it was.
func TestSilentStream(t *testing.T) {
	t.Parallel()
	server, c := filled(t, 3)
	v := newValve(t, server.Addr)
	through := connect(t, client.Config{DialTimeout: time.Second}, "http://"+v.addr)
	causes := make(chan error, 100)
	resumed := make(chan struct{}, 100)
	r := read(t, through, parley.SubscriberConfig{
		HeartbeatInterval: time.Second,
		Observer: parley.SubscriberObserver{
			Interrupted: func(err error, _ time.Duration) { causes <- err }, Resumed: func() { resumed <- struct{}{} },
		},
	})
	r.awaitMessages(t, 3)
	v.set(true)
	if err := <-causes; !errors.Is(err, parley.ErrSilent) {
		t.Errorf("%v", err)
	}
	p := newPublisher(t, c, parley.PublisherConfig{})
	publish(t, p, 4, 5)
	v.set(false)
	r.awaitMessages(t, 5)
	<-resumed
	wantNumbers(t, r.texts(), 5)
}

// TestErrorsThatStay holds that what another try would only repeat is returned.
func TestErrorsThatStay(t *testing.T) {
	t.Parallel()
	_, c := filled(t, 3)
	for reason, config := range map[errorv1.Reason]parley.SubscriberConfig{
		errorv1.Reason_REASON_TOPIC_NOT_FOUND: {Topic: "nothing"},
		errorv1.Reason_REASON_INVALID_FIELD:   {Topic: "UPPER"},
		errorv1.Reason_REASON_POSITION_AHEAD:  {Topic: topic, Start: parley.FromSequence(9)},
	} {
		count := 0
		for event, err := range parley.NewSubscriber(c.Connect(), config).Events(t.Context()) {
			if count++; rpcerror.ReasonOf(err) != reason || event != nil {
				t.Errorf("%v: %v, %v", reason, event, err)
			}
		}
		if count != 1 {
			t.Errorf("%v: %d rounds of the loop", reason, count)
		}
	}
}

// TestCaughtUp holds when the observer hears that everything is read.
func TestCaughtUp(t *testing.T) {
	t.Parallel()
	_, c := filled(t, 3)
	caughtUp := make(chan int, 10)
	var count int
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{
		Topic: topic, Observer: parley.SubscriberObserver{CaughtUp: func() { caughtUp <- count }},
	})
	p := newPublisher(t, c, parley.PublisherConfig{})
	for batch, err := range s.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if count += len(batch.Messages); count == 3 {
			publish(t, p, 4, 4)
		}
		if count == 4 {
			break
		}
	}
	if len(caughtUp) != 1 || <-caughtUp != 3 {
		t.Errorf("caught up %d times", len(caughtUp))
	}
}

// TestSeveralServers holds that a subscriber whose server goes away tells that the
// next one has another topic, and does not mix the two.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	first, _ := filled(t, 5)
	second, _ := filled(t, 2)
	c := connect(t, client.Config{}, first.URL, second.URL)
	r := read(t, c, parley.SubscriberConfig{})
	harness.Eventually(t, "one of them is read", func() bool { return len(r.all()) == 5 || len(r.all()) == 2 })
	count := len(r.all())
	gone, left := first, 2
	if count == 2 {
		gone, left = second, 5
	}
	gone.Kill(t)
	r.awaitMessages(t, count+left)
	if gap, ok := r.all()[count].(parley.Gap); !ok || gap.GetReason() != messagingv1.GapReason_GAP_REASON_TOPIC_RECREATED {
		t.Errorf("%v", r.all()[count])
	}
}

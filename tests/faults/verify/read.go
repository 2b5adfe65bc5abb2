package verify

import (
	"context"
	"errors"
	"fmt"
	"io"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/load"
)

// ReadPages reads a topic from sequence 1 to its end with ReadMessages.
func ReadPages(ctx context.Context, endpoint load.Endpoint, topic string) (Topic, error) {
	var whole Topic
	start := &messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: 1}}
	for first := true; ; first = false {
		page, err := endpoint.Messages.ReadMessages(ctx, &messagingv1.ReadMessagesRequest{Topic: topic, Start: start, MaxMessages: 1000})
		if err != nil {
			return whole, fmt.Errorf("read %s over %s: %w", topic, endpoint.Name, err)
		}
		if first {
			whole.Last = page.GetLastSequence()
		}
		whole.add(page.GetGap(), page.GetMessages())
		if page.GetCursor().GetSequence() >= whole.Last {
			return whole, nil
		}
		if len(page.GetMessages()) == 0 && page.GetGap() == nil {
			return whole, fmt.Errorf("read %s over %s: an empty page at %v of %d", topic, endpoint.Name, page.GetCursor(), whole.Last)
		}
		start = &messagingv1.Start{Position: &messagingv1.Start_After{After: page.GetCursor()}}
	}
}

// ReadStream reads a topic from its beginning to its end with Subscribe.
func ReadStream(ctx context.Context, endpoint load.Endpoint, topic string) (Topic, error) {
	var whole Topic
	stream, err := endpoint.Messages.Subscribe(ctx, &messagingv1.SubscribeRequest{Topic: topic, StopAtHead: true})
	if err != nil {
		return whole, fmt.Errorf("subscribe to %s over %s: %w", topic, endpoint.Name, err)
	}
	defer stream.Close()
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return whole, fmt.Errorf("subscribe to %s over %s: %w", topic, endpoint.Name, err)
		}
		whole.Last = max(whole.Last, res.GetCursor().GetSequence())
		whole.add(res.GetGap(), res.GetMessages())
	}
}

func (t *Topic) add(gap *messagingv1.Gap, messages []*messagingv1.Message) {
	if gap != nil {
		last := gap.GetLastMissing()
		if last == 0 {
			last = gap.GetResumedAt() - 1
		}
		t.Gaps = append(t.Gaps, Gap{First: gap.GetFirstMissing(), Last: last})
	}
	for _, message := range messages {
		text := message.GetText()
		if data := message.GetData(); data != nil {
			text = string(data)
		}
		t.Messages = append(t.Messages, Message{Sequence: message.GetSequence(), ID: message.GetId(), Text: text})
	}
}

// Places returns what was read as a journal entry.
func (t *Topic) Places() ledger.Entry {
	var entry ledger.Entry
	for _, message := range t.Messages {
		entry.Seen = append(entry.Seen, ledger.Place{ID: message.ID, Sequence: message.Sequence})
	}
	return entry
}

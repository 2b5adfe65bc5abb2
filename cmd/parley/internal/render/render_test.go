package render

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	published := timestamppb.New(time.Date(2026, 1, 2, 3, 4, 5, 60_000, time.UTC))
	for message, want := range map[string]string{ // in JSON, sequence and time aside
		`{"text":"hello"}`:              "hello",
		`{"text":""}`:                   "",
		`{"text":"a\tb ü →"}`:           "a\tb ü →",
		`{"text":"two\nlines"}`:         `"two\nlines"`,
		`{"text":"\u001b[2J"}`:          `"\x1b[2J"`,
		`{"text":"\u202etxt"}`:          `"\u202etxt"`,
		`{"text":"\"quoted\""}`:         `"\"quoted\""`,
		`{"key":"k","text":"hello"}`:    "[k] hello",
		`{"key":"k\nx","text":"hello"}`: `["k\nx"] hello`,
		`{"data":"AP8="}`:               "(2 bytes) AP8=",
		`{"data":""}`:                   "(0 bytes) ",
		`{"data":"` + zeros + `AA=="}`:  "(49 bytes) " + zeros + "…",
		`{}`:                            "(content of a kind that this version does not know)",
	} {
		var m messagingv1.Message
		if err := protojson.Unmarshal([]byte(message), &m); err != nil {
			t.Fatalf("%s: %v", message, err)
		}
		m.Sequence, m.PublishTime = 7, published
		if got := Message(&m); got != "7 2026-01-02T03:04:05.000060Z "+want {
			t.Errorf("%s: %q, want %q", message, got, want)
		}
	}
}

// zeros is the Base64 of 48 zero bytes.
var zeros = strings.Repeat("A", 64)

func TestGap(t *testing.T) {
	t.Parallel()
	const (
		retention = messagingv1.GapReason_GAP_REASON_RETENTION
		loss      = messagingv1.GapReason_GAP_REASON_DATA_LOSS
		recreated = messagingv1.GapReason_GAP_REASON_TOPIC_RECREATED
	)
	for _, test := range []struct {
		gap  *messagingv1.Gap
		want string
	}{
		{&messagingv1.Gap{Reason: retention, FirstMissing: 1, LastMissing: 9, ResumedAt: 10}, "gap: sequences 1 to 9 are missing (removed by retention or a purge); going on at sequence 10"},
		{&messagingv1.Gap{Reason: loss, FirstMissing: 4, LastMissing: 4, ResumedAt: 5}, "gap: sequence 4 is missing (lost or damaged in storage); going on at sequence 5"},
		{&messagingv1.Gap{Reason: loss, FirstMissing: 4, LastMissing: 3 + 1<<40, ResumedAt: 4 + 1<<40}, "gap: messages after sequence 3 may be lost: the topic was restored or recovered; going on at sequence 1099511627780"},
		{&messagingv1.Gap{Reason: loss, FirstMissing: 5, ResumedAt: 4 + 1<<40}, "gap: messages after sequence 4 may be lost: the topic was restored or recovered; going on at sequence 1099511627780"},
		{&messagingv1.Gap{Reason: recreated, FirstMissing: 3, ResumedAt: 2}, "gap: the cursor is not of this topic as it is now: the topic was created again, or the cursor is another one's; reading from sequence 2"},
		{&messagingv1.Gap{Reason: 99, FirstMissing: 3, ResumedAt: 8}, "gap: everything from sequence 3 on is missing (lost or damaged in storage); going on at sequence 8"},
	} {
		if got := Gap(test.gap); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	const synced = messagingv1.Durability_DURABILITY_SYNCED
	for _, test := range []struct {
		receipt *messagingv1.StreamReceipt
		want    string
	}{
		{&messagingv1.StreamReceipt{FirstSequence: 5, LastSequence: 5, StoredMessages: 1, Durability: synced}, "published 1 message to t: sequence 5, synced to disk"},
		{&messagingv1.StreamReceipt{FirstSequence: 5, LastSequence: 7, StoredMessages: 3, DuplicateMessages: 1, Durability: synced}, "published 3 messages to t: sequences 5 to 7, 1 duplicate left out, synced to disk"},
		{&messagingv1.StreamReceipt{FirstSequence: 5, LastSequence: 9, StoredMessages: 3, Durability: messagingv1.Durability_DURABILITY_REPLICATED}, "published 3 messages to t: sequences between 5 and 9, replicated"},
		{&messagingv1.StreamReceipt{DuplicateMessages: 2, Durability: 99}, "published nothing new to t, 2 duplicates left out, durability not known"},
	} {
		if got := Receipt("t", test.receipt); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

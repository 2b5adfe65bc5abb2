package codec_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/codec"
)

// TestHostileRequests holds that a large request costs few
// allocations, whatever it is full of, and that its error is short. Not parallel: it
// counts the allocations of the process.
func TestHostileRequests(t *testing.T) {
	const size = 1 << 20
	fill := func(begin, unit, end string) string {
		return begin + strings.Repeat(unit, (size-len(begin)-len(end))/len(unit)) + end
	}
	entry := func(number protowire.Number, value string) string {
		return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value))
	}
	for name, test := range map[string]struct {
		codec, input string
		into         proto.Message
		fails        bool
	}{
		"messages":               {"json", fill(`{"messages":[{}`, `,{}`, `]}`), &messagingv1.PublishRequest{}, false},
		"messages, binary":       {"proto", fill("", "\x12\x00", ""), &messagingv1.PublishRequest{}, false},
		"messages and a typo":    {"json", fill(`{"messages":[{}`, `,{}`, `],"topc":"x"}`), &messagingv1.PublishRequest{}, true},
		"messages, cut":          {"json", fill(`{"messages":[{}`, `,{}`, ``), &messagingv1.PublishRequest{}, true},
		"messages of a command":  {"json", fill(`{"publish":{"request":{"messages":[{}`, `,{}`, `]}}}`), &messagingv1.ExchangeRequest{}, false},
		"keys":                   {"json", fill(`{"keys":[""`, `,""`, `]}`), &messagingv1.ReadMessagesRequest{}, false},
		"keys, binary":           {"proto", fill("", "\x1a\x00", ""), &messagingv1.ReadMessagesRequest{}, false},
		"paths":                  {"json", fill(`{"updateMask":"a`, `,a`, `"}`), &messagingv1.UpdateTopicRequest{}, true},
		"paths, binary":          {"proto", entry(2, fill("", "\x0a\x00", "")), &messagingv1.UpdateTopicRequest{}, true},
		"positions, binary":      {"proto", entry(2, fill("", "\x22\x00\x2a\x00", "")), &messagingv1.ReadMessagesRequest{}, true},
		"an unknown list":        {"json", fill(`{"zz":[{}`, `,{}`, `]}`), &messagingv1.PublishRequest{}, true},
		"an unknown number list": {"json", fill(`{"zz":[0`, `,0`, `]}`), &messagingv1.GetTopicRequest{}, true},
		"a long unknown name":    {"json", fill(`{"`, `\u0001`, `":0}`), &messagingv1.GetTopicRequest{}, true},
		"a long number":          {"json", fill(`{"pageSize":1`, `0`, `}`), &messagingv1.ListTopicsRequest{}, true},
		"a great number":         {"json", `{"pageSize":1e999999999}`, &messagingv1.ListTopicsRequest{}, true},
		"a long duration":        {"json", fill(`{"heartbeatInterval":"1`, `0`, `s"}`), &messagingv1.SubscribeRequest{}, true},
		"deep":                   {"json", fill(`{"zz":`, `[`, ``), &messagingv1.PublishRequest{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			decoder := named(t, test.codec)
			var err error
			allocations := testing.AllocsPerRun(1, func() {
				err = decoder.UnmarshalRead(t.Context(), bytes.NewBufferString(test.input), test.into)
			})
			if (err != nil) != test.fails || err != nil && len(err.Error()) > 1<<10 {
				t.Errorf("got %.2000v", err)
			}
			if unknown, ok := errors.AsType[*codec.UnknownFieldError](err); ok && len(unknown.Path) > 200 {
				t.Errorf("the path has %d bytes", len(unknown.Path))
			}
			if allocations > 10_000 {
				t.Errorf("%v allocations", allocations)
			}
		})
	}
}

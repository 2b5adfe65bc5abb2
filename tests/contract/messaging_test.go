package contract

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// rules runs the schema's rules over one request, written as a caller would
// write it, and returns the ids of the rules it breaks.
func rules(t *testing.T, message proto.Message, json string) []string {
	t.Helper()
	if err := protojson.Unmarshal([]byte(json), message); err != nil {
		t.Fatalf("decode %s: %v", json, err)
	}
	err := protovalidate.Validate(message)
	var invalid *protovalidate.ValidationError
	if err != nil && !errors.As(err, &invalid) {
		t.Fatalf("the rules of %s do not run: %v", message.ProtoReflect().Descriptor().FullName(), err)
	}
	var ids []string
	if invalid != nil {
		for _, violation := range invalid.Violations {
			ids = append(ids, violation.Proto.GetRuleId())
		}
	}
	return ids
}

func TestMessagingRules(t *testing.T) {
	t.Parallel()
	create := func() proto.Message { return &messagingv1.CreateTopicRequest{} }
	update := func() proto.Message { return &messagingv1.UpdateTopicRequest{} }
	list := func() proto.Message { return &messagingv1.ListTopicsRequest{} }
	purge := func() proto.Message { return &messagingv1.PurgeTopicRequest{} }
	publish := func() proto.Message { return &messagingv1.PublishRequest{} }
	stream := func() proto.Message { return &messagingv1.PublishStreamRequest{} }
	subscribe := func() proto.Message { return &messagingv1.SubscribeRequest{} }
	read := func() proto.Message { return &messagingv1.ReadMessagesRequest{} }
	exchange := func() proto.Message { return &messagingv1.ExchangeRequest{} }

	tests := []struct {
		name    string
		message func() proto.Message
		json    string
		want    []string
	}{
		{"create by name", create, `{"topic":{"name":"orders"}}`, nil},
		{"create without topic", create, `{}`, []string{"required"}},
		{"create bad name", create, `{"topic":{"name":"Orders"}}`, []string{"string.pattern"}},
		{"create longest name", create, `{"topic":{"name":"` + strings.Repeat("a", 128) + `"}}`, nil},
		{"create too long name", create, `{"topic":{"name":"` + strings.Repeat("a", 129) + `"}}`, []string{"string.pattern"}},
		{"create name with line feed", create, `{"topic":{"name":"orders\n"}}`, []string{"string.pattern"}},
		{"create with server field", create, `{"topic":{"name":"orders","epoch":"e"}}`, []string{"topic.server_fields"}},
		{"create with create time", create, `{"topic":{"name":"orders","createTime":"2026-01-01T00:00:00Z"}}`, []string{"topic.server_fields"}},
		{"create at message cap", create, `{"topic":{"name":"orders","maxMessageBytes":3145728}}`, nil},
		{"create over message cap", create, `{"topic":{"name":"orders","maxMessageBytes":3145729}}`, []string{"uint32.lte"}},
		{"create without deduplication", create, `{"topic":{"name":"orders","deduplicationWindow":"0s"}}`, nil},
		{"create with negative window", create, `{"topic":{"name":"orders","deduplicationWindow":"-1s"}}`, []string{"duration.gte_lte"}},
		{"create with short age", create, `{"topic":{"name":"orders","retention":{"maxAge":"0.5s"}}}`, []string{"duration.gte"}},
		{"update what was read", update, `{"topic":{"name":"orders","epoch":"e","labels":{"team":"a"}},"updateMask":"labels,retention.maxAge"}`, nil},
		{"update server field", update, `{"topic":{"name":"orders"},"updateMask":"epoch"}`, []string{"update_mask.paths"}},
		{"update one label", update, `{"topic":{"name":"orders"},"updateMask":"labels.team"}`, []string{"update_mask.paths"}},
		{"update nothing", update, `{"topic":{"name":"orders"},"updateMask":""}`, []string{"update_mask.paths"}},
		{"update without mask", update, `{"topic":{"name":"orders"}}`, []string{"required"}},
		{"update one epoch", update, `{"topic":{"name":"orders"},"updateMask":"labels","expectedEpoch":"e"}`, nil},
		{"update long epoch", update, `{"topic":{"name":"orders"},"updateMask":"labels","expectedEpoch":"` + strings.Repeat("e", 65) + `"}`, []string{"string.max_bytes"}},
		{"list all", list, `{}`, nil},
		{"list too many", list, `{"pageSize":1001}`, []string{"uint32.lte"}},
		{"purge", purge, `{"name":"orders","beforeSequence":"10"}`, nil},
		{"purge before nothing", purge, `{"name":"orders"}`, []string{"uint64.gte_lte"}},

		{"publish text", publish, `{"topic":"orders","messages":[{"text":"hello"}]}`, nil},
		{"publish empty text", publish, `{"topic":"orders","messages":[{"text":""}]}`, nil},
		{"publish data", publish, `{"topic":"orders","messages":[{"data":"AAE="}]}`, nil},
		{"publish no payload", publish, `{"topic":"orders","messages":[{"key":"a"}]}`, []string{"message.one_payload"}},
		{"publish no payload and a sequence", publish, `{"topic":"orders","messages":[{"text":"a"},{"sequence":"1"}]}`, []string{"message.server_fields", "message.one_payload"}},
		{"publish empty data", publish, `{"topic":"orders","messages":[{"data":""}]}`, nil},
		{"publish for an epoch", publish, `{"topic":"orders","messages":[{"text":"a"}],"expectedEpoch":"e"}`, nil},
		{"publish nothing", publish, `{"topic":"orders"}`, []string{"repeated.min_items"}},
		{"publish most", publish, `{"topic":"orders","messages":[` + repeat(1000) + `]}`, nil},
		{"publish too many", publish, `{"topic":"orders","messages":[` + repeat(1001) + `]}`, []string{"repeated.max_items"}},
		{"publish sequence", publish, `{"topic":"orders","messages":[{"text":"a","sequence":"1"}]}`, []string{"message.server_fields"}},
		{"publish time", publish, `{"topic":"orders","messages":[{"text":"a","publishTime":"2026-01-01T00:00:00Z"}]}`, []string{"message.server_fields"}},
		{"publish distinct ids", publish, `{"topic":"orders","messages":[{"id":"1","text":"a"},{"id":"2","text":"a"},{"text":"a"},{"text":"a"}]}`, nil},
		{"publish id twice", publish, `{"topic":"orders","messages":[{"id":"1","text":"a"},{"text":"a"},{"id":"1","text":"b"}]}`, []string{"messages.unique_ids"}},
		{"publish long id", publish, `{"topic":"orders","messages":[{"id":"` + strings.Repeat("é", 65) + `","text":"a"}]}`, []string{"string.max_bytes"}},
		{"publish unnamed attribute", publish, `{"topic":"orders","messages":[{"text":"a","attributes":{"":"x"}}]}`, []string{"string.min_bytes"}},
		{"publish to an empty topic", publish, `{"topic":"orders","messages":[{"text":"a"}],"expectedLastSequence":"0"}`, nil},
		{"publish beyond 2^53", publish, `{"topic":"orders","messages":[{"text":"a"}],"expectedLastSequence":"9007199254740992"}`, []string{"uint64.lte"}},
		{"stream later batch", stream, `{"messages":[{"text":"a"}]}`, nil},
		{"stream bad topic", stream, `{"topic":"-","messages":[{"text":"a"}]}`, []string{"string.pattern"}},
		{"stream no payload", stream, `{"topic":"orders","messages":[{"key":"a"}]}`, []string{"message.one_payload"}},
		{"stream for an epoch", stream, `{"topic":"orders","messages":[{"text":"a"}],"expectedEpoch":"e"}`, nil},
		{"stream long epoch", stream, `{"topic":"orders","messages":[{"text":"a"}],"expectedEpoch":"` + strings.Repeat("e", 65) + `"}`, []string{"string.max_bytes"}},
		{"stream sequence", stream, `{"topic":"orders","messages":[{"text":"a","sequence":"1"}]}`, []string{"message.server_fields"}},
		{"stream id twice", stream, `{"topic":"orders","messages":[{"id":"1","text":"a"},{"id":"1","text":"b"}]}`, []string{"messages.unique_ids"}},

		{"subscribe", subscribe, `{"topic":"orders"}`, nil},
		{"subscribe after", subscribe, `{"topic":"orders","start":{"after":{"epoch":"e","sequence":"3"}}}`, nil},
		{"subscribe after no epoch", subscribe, `{"topic":"orders","start":{"after":{"sequence":"3"}}}`, []string{"string.min_bytes"}},
		{"subscribe earliest", subscribe, `{"topic":"orders","start":{"earliest":true}}`, nil},
		{"subscribe not the end", subscribe, `{"topic":"orders","start":{"end":false}}`, []string{"bool.const"}},
		{"subscribe sequence 0", subscribe, `{"topic":"orders","start":{"sequence":"0"}}`, []string{"uint64.gte_lte"}},
		{"subscribe last 0", subscribe, `{"topic":"orders","start":{"last":0}}`, []string{"uint32.gte"}},
		{"subscribe slow heartbeat", subscribe, `{"topic":"orders","heartbeatInterval":"301s"}`, []string{"duration.gte_lte"}},
		{"subscribe key twice", subscribe, `{"topic":"orders","keys":["a","a"]}`, []string{"repeated.unique"}},
		{"read last", read, `{"topic":"orders","start":{"last":10},"maxMessages":1000}`, nil},
		{"read too many", read, `{"topic":"orders","maxMessages":1001}`, []string{"uint32.lte"}},

		{"exchange keep-alive", exchange, `{}`, nil},
		{"exchange without number", exchange, `{"publish":{"request":{"topic":"orders","messages":[{"text":"a"}]}}}`, []string{"uint64.gte"}},
		{"exchange leaves the request to its result", exchange, `{"publish":{"correlationId":1,"request":{"topic":"-"}}}`, nil},
		{"exchange subscription without number", exchange, `{"subscribe":{"request":{"topic":"orders"}}}`, []string{"uint64.gte"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := rules(t, test.message(), test.json); !slices.Equal(got, test.want) {
				t.Errorf("broken rules = %q, want %q", got, test.want)
			}
		})
	}
}

func repeat(n int) string {
	return strings.TrimSuffix(strings.Repeat(`{"text":"a"},`, n), ",")
}

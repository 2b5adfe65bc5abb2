package faults_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

const topicLimit = 1024 // max_message_bytes of the topic under attack

// attack is a publish that must not be stored, in both encodings. A nil encoding
// cannot express it.
type attack struct {
	name        string
	proto, json []byte
	reason      string
}

// batchOf is an attack that a client library can send.
func batchOf(name, reason string, messages ...*messagingv1.Message) attack {
	request := &messagingv1.PublishRequest{Topic: topicName, Messages: messages}
	binary, _ := proto.MarshalOptions{AllowPartial: true}.Marshal(request) // valid UTF-8 always encodes
	text, _ := protojson.Marshal(request)
	return attack{name, binary, text, reason}
}

// rawBatch is an attack whose only message is these bytes.
func rawBatch(name, reason string, message []byte, json string) attack {
	binary := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), topicName)
	binary = protowire.AppendBytes(protowire.AppendTag(binary, 2, protowire.BytesType), message)
	a := attack{name: name, proto: binary, reason: reason}
	if message == nil {
		a.proto = nil
	}
	if json != "" {
		a.json = fmt.Appendf(nil, `{"topic":%q,"messages":[%s]}`, topicName, json)
	}
	return a
}

func textField(content string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 6, protowire.BytesType), content)
}

// sizedMessage is a message of exactly so many bytes as topics count them.
func sizedMessage(size int) *messagingv1.Message {
	const setByServer = 32
	message := text(strings.Repeat("x", size))
	message.Payload = &messagingv1.Message_Text{Text: strings.Repeat("x", 2*size-setByServer-proto.Size(message))}
	return message
}

func attacks() []attack {
	const invalid, malformed, unknown = "INVALID_FIELD", "MALFORMED_MESSAGE", "UNKNOWN_FIELD"
	sound := batchOf("", "", named("a", "hello"))
	stamped := text("a")
	stamped.Sequence = 7
	many := make([]*messagingv1.Message, 1001)
	for index := range many {
		many[index] = text("a")
	}
	const depth = 100_000
	return []attack{
		batchOf("no message", invalid),
		batchOf("no payload", invalid, &messagingv1.Message{Id: "a"}),
		batchOf("a sequence of its own", invalid, stamped),
		batchOf("an id twice", invalid, named("a", "1"), named("a", "2")),
		batchOf("an id too long", invalid, named(strings.Repeat("x", 129), "a")),
		batchOf("a good message beside a bad one", invalid, text("good"), &messagingv1.Message{}),
		batchOf("too many messages", invalid, many...),
		batchOf("limit and 1", "MESSAGE_OVER_TOPIC_LIMIT", sizedMessage(topicLimit+1)),
		batchOf("beyond all limits", "MESSAGE_TOO_LARGE", text(strings.Repeat("x", 4<<20))),
		{"truncated", sound.proto[:len(sound.proto)-1], sound.json[:len(sound.json)-1], malformed},
		{
			"an unknown field", protowire.AppendVarint(protowire.AppendTag(bytes.Clone(sound.proto), 99, protowire.VarintType), 1),
			fmt.Appendf(nil, `{"topic":%q,"messages":[{"text":"a"}],"topik":1}`, topicName), unknown,
		},
		rawBatch("an unknown field inside", unknown, protowire.AppendVarint(protowire.AppendTag(textField("a"), 99, protowire.VarintType), 1), `{"text":"a","txt":"b"}`),
		rawBatch("a wrong type", malformed, protowire.AppendVarint(protowire.AppendTag(nil, 6, protowire.VarintType), 5), `{"text":5}`),
		rawBatch("invalid UTF-8", malformed, textField("a\xff\xfe"), "{\"text\":\"a\xff\xfe\"}"),
		rawBatch("nested deep", malformed, bytes.Repeat(protowire.AppendTag(nil, 99, protowire.StartGroupType), depth),
			strings.Repeat(`{"a":`, depth)+"1"+strings.Repeat(`}`, depth)),
		rawBatch("a key twice", malformed, nil, `{"text":"a","text":"b"}`),
		rawBatch("both payloads", malformed, nil, `{"text":"a","data":"YQ=="}`),
		rawBatch("not a number", malformed, nil, `{"text":NaN}`),
		rawBatch("a lone surrogate", malformed, nil, `{"text":"\ud800"}`),
	}
}

// TestHostilePublish sends publishes that no server may store, over every
// publishing RPC and wire. Each is refused with its reason, nothing is stored,
// and the server goes on.
func TestHostilePublish(t *testing.T) {
	t.Parallel()
	server := harness.Start(t, "--data-dir", t.TempDir())
	createTopic(t, server, &messagingv1.Topic{Name: topicName, MaxMessageBytes: topicLimit})
	observer := server.Connect(t, harness.Wire{})
	for _, wire := range harness.Wires() {
		if wire.TLS {
			continue // TLS changes nothing of this
		}
		for _, rpc := range []string{"Publish", "PublishStream", "Exchange"} {
			if rpc == "Exchange" && !wire.Duplex() {
				continue
			}
			httpClient := server.HTTP(t, wire.HTTP)
			for _, a := range attacks() {
				encoded := a.encode(rpc, wire.Codec)
				if encoded == nil {
					continue
				}
				answer, err := rawrpc.Do(httpClient, server.URL, rawrpc.Call{
					Wire: wire, Procedure: "/parley.messaging.v1.MessageService/" + rpc,
					Stream: rpc != "Publish", Messages: [][]byte{encoded},
				})
				if err != nil {
					t.Errorf("%s, %s %s: %v", a.name, rpc, wire, err)
				} else if reason := refusal(t, answer, rpc, wire.Codec); reason != a.reason {
					t.Errorf("%s, %s %s: reason %q, %v %q, want %q", a.name, rpc, wire, reason, answer.Code, answer.Text, a.reason)
				}
				if last := getTopic(t, observer, topicName).GetLastSequence(); last != 0 {
					t.Fatalf("%s, %s %s: it is stored: last sequence %d", a.name, rpc, wire, last)
				}
			}
		}
	}
	// What is exactly at the limit is stored.
	limit := batchOf("limit", "", sizedMessage(topicLimit))
	answer, err := rawrpc.Do(server.HTTP(t, client.HTTP2), server.URL, rawrpc.Call{
		Procedure: "/parley.messaging.v1.MessageService/Publish", Messages: [][]byte{limit.proto},
	})
	if err != nil || answer.Code != 0 || getTopic(t, observer, topicName).GetLastSequence() != 1 {
		t.Errorf("a message at the limit: %v, %v %q", err, answer.Code, answer.Text)
	}
}

// encode wraps the batch as the RPC wants it.
func (a attack) encode(rpc string, codec client.Codec) []byte {
	encoded := a.proto
	if codec == client.CodecJSON {
		encoded = a.json
	}
	if rpc != "Exchange" || encoded == nil {
		return encoded
	}
	if codec == client.CodecJSON {
		return fmt.Appendf(nil, `{"publish":{"correlationId":"1","request":%s}}`, encoded)
	}
	command := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 1)
	command = protowire.AppendBytes(protowire.AppendTag(command, 2, protowire.BytesType), encoded)
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), command)
}

// refusal returns the reason of the error, or of the result of a publish on an
// Exchange.
func refusal(t *testing.T, answer rawrpc.Answer, rpc string, codec client.Codec) string {
	t.Helper()
	if answer.Code != 0 || rpc != "Exchange" {
		return answer.Reason()
	}
	if failure := failureOf(t, answer, codec); failure != nil {
		return strings.TrimPrefix(failure.GetReason().String(), "REASON_")
	}
	return ""
}

// failureOf returns the first failed result of an Exchange, nil if there is none.
func failureOf(t *testing.T, answer rawrpc.Answer, codec client.Codec) *messagingv1.CommandError {
	t.Helper()
	for _, encoded := range answer.Messages {
		var response messagingv1.ExchangeResponse
		var err error
		if codec == client.CodecJSON {
			err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(encoded, &response)
		} else {
			err = proto.Unmarshal(encoded, &response)
		}
		if err != nil {
			t.Fatalf("decode a response of Exchange: %v", err)
		}
		if failure := response.GetResult().GetError(); failure != nil {
			return failure
		}
	}
	return nil
}

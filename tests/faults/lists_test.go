package faults_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

const messagingProcedure = "/parley.messaging.v1.MessageService/"

// emptyMessages is a publish of so many messages without anything in them.
func emptyMessages(count int) attack {
	binary := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), topicName)
	return attack{
		proto: append(binary, strings.Repeat("\x12\x00", count)...),
		json:  fmt.Appendf(nil, `{"topic":%q,"messages":[%s]}`, topicName, strings.TrimSuffix(strings.Repeat("{},", count), ",")),
	}
}

// TestManyEmptyMessages sends as many messages as fit into a request, plain and
// compressed, over every publishing RPC. The answer is the one that a request gets
// which has one message too many, and the memory is what any request of that size
// costs: to decode them all would take hundreds of megabytes.
func TestManyEmptyMessages(t *testing.T) { //nolint:paralleltest // sets the environment
	t.Setenv("GOGC", "20")
	t.Setenv("GOMEMLIMIT", "1TiB") // so that the server makes no reserve, which would count
	server := harness.Start(t, "--data-dir", t.TempDir())
	createTopic(t, server, &messagingv1.Topic{Name: topicName})
	spaces := []byte(strings.Repeat(" ", maxMessageBytes))
	few := emptyMessages(1001)
	many := attack{proto: emptyMessages(maxMessageBytes/2 - 100).proto, json: emptyMessages(maxMessageBytes/3 - 100).json}
	each := func(visit func(rpc string, codec client.Codec, compressed bool)) {
		for _, rpc := range []string{"Publish", "PublishStream", "Exchange"} {
			for _, codec := range []client.Codec{client.CodecProto, client.CodecJSON} {
				visit(rpc, codec, false)
				visit(rpc, codec, true)
			}
		}
	}
	each(func(rpc string, codec client.Codec, compressed bool) {
		refuse(t, server, rpc, codec, compressed, spaces)
	})
	before := server.PeakMemory(t)
	each(func(rpc string, codec client.Codec, compressed bool) {
		want := refuse(t, server, rpc, codec, compressed, few.encode(rpc, codec))
		got := refuse(t, server, rpc, codec, compressed, many.encode(rpc, codec))
		if got != want || !strings.Contains(got, "no more than 1000 item") {
			t.Errorf("%s, %v, compressed %v: got\n%q, want\n%q", rpc, codec, compressed, got, want)
		}
	})
	room := 3 * maxMessageBytes
	if harness.RaceEnabled() {
		room *= 8 // as for bombs
	}
	grown := server.PeakMemory(t) - before
	t.Logf("the peak grew by %d KiB, from %d", grown>>10, before>>10)
	if grown > room {
		t.Errorf("the peak of memory grew by %d KiB, want at most %d", grown>>10, room>>10)
	}
}

// refuse sends a request over HTTP/2 and returns all that the answer says.
func refuse(t *testing.T, server *harness.Server, rpc string, codec client.Codec, compressed bool, encoded []byte) string {
	t.Helper()
	if compressed {
		var buffer bytes.Buffer
		writer := gzip.NewWriter(&buffer)
		if _, err := writer.Write(encoded); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		encoded = buffer.Bytes()
	}
	answer, err := rawrpc.Do(server.HTTP(t, client.HTTP2), server.URL, rawrpc.Call{
		Wire: harness.Wire{Codec: codec}, Procedure: messagingProcedure + rpc, Stream: rpc != "Publish",
		Gzip: compressed, Messages: [][]byte{encoded},
	})
	if err != nil {
		t.Fatalf("%s, %v, compressed %v: %v", rpc, codec, compressed, err)
	}
	return explain(t, answer, rpc, codec)
}

// explain returns all that an answer says about a refusal.
func explain(t *testing.T, answer rawrpc.Answer, rpc string, codec client.Codec) string {
	t.Helper()
	if rpc == "Exchange" && answer.Code == 0 {
		encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(failureOf(t, answer, codec))
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	var text strings.Builder
	fmt.Fprint(&text, answer.Code, answer.Text)
	for _, detail := range answer.Details {
		fmt.Fprintf(&text, "%s%q", detail.GetTypeUrl(), detail.GetValue())
	}
	return text.String()
}

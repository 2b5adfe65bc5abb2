package batch_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/codec"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
)

// BenchmarkDecode is what becomes of a request before it is appended: plain, and
// as it is for the forms that only the library reads.
func BenchmarkDecode(b *testing.B) {
	const messages = 256
	sent := &messagingv1.PublishRequest{Topic: "orders"}
	for i := range messages {
		sent.Messages = append(sent.Messages, &messagingv1.Message{
			Id: fmt.Sprint("id-", i), Payload: &messagingv1.Message_Data{Data: make([]byte, 128)},
		})
	}
	encoded, err := proto.Marshal(sent)
	if err != nil {
		b.Fatal(err)
	}
	library := func(data []byte, message proto.Message) bool {
		return proto.Unmarshal(data, message) == nil
	}
	for name, decode := range map[string]codec.Decoder{"plain": batch.Decode, "library": library} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := &messagingv1.PublishRequest{}
				if !decode(encoded, r) || !batch.Valid(r) {
					b.Fatal("not taken")
				}
				if list, err := batch.Messages(r); err != nil || len(list) != messages {
					b.Fatal(len(list), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/messages, "ns/message")
		})
	}
}

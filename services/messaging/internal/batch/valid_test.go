package batch_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
)

// seeds are requests on both sides of every limit.
func seeds() []*messagingv1.PublishRequest {
	body := &messagingv1.Message_Text{Text: "a"}
	one := func(m *messagingv1.Message) *messagingv1.PublishRequest {
		return &messagingv1.PublishRequest{Topic: "a", Messages: []*messagingv1.Message{m}}
	}
	many := func(n int, id string) *messagingv1.PublishRequest {
		r := &messagingv1.PublishRequest{Topic: "orders.v1_x-"}
		for i := range n {
			m := &messagingv1.Message{Payload: body}
			if id != "" {
				m.Id = fmt.Sprintf(id, i)
			}
			r.Messages = append(r.Messages, m)
		}
		return r
	}
	attributes := func(n int) map[string]string {
		a := make(map[string]string)
		for i := range n {
			a[strconv.Itoa(i)] = "v"
		}
		return a
	}
	list := []*messagingv1.PublishRequest{
		{},
		many(0, ""), many(1, ""), many(1000, "%d"), many(1001, ""), many(3, "same"), many(2, "%d"),
		one(&messagingv1.Message{}), one(&messagingv1.Message{Sequence: 1, Payload: body}),
		one(&messagingv1.Message{PublishTime: &timestamppb.Timestamp{}, Payload: body}),
		one(&messagingv1.Message{Payload: &messagingv1.Message_Data{}}),
		one(&messagingv1.Message{Attributes: map[string]string{"": "v"}, Payload: body}),
	}
	for _, n := range []int{127, 128, 129, 255, 256, 257, 4096, 4097} {
		long := strings.Repeat("a", n)
		list = append(list, one(&messagingv1.Message{Id: long, Payload: body}), one(&messagingv1.Message{Key: long, Payload: body}),
			one(&messagingv1.Message{Attributes: map[string]string{long: "v"}, Payload: body}),
			one(&messagingv1.Message{Attributes: map[string]string{"k": long}, Payload: body}))
	}
	for _, n := range []int{63, 64, 65} {
		list = append(list, one(&messagingv1.Message{Attributes: attributes(n), Payload: body}))
		epoch := many(1, "")
		epoch.ExpectedEpoch = strings.Repeat("e", n)
		list = append(list, epoch)
	}
	for _, topic := range []string{"", "-a", "A", "a\n", "é", strings.Repeat("a", 128), strings.Repeat("a", 129)} {
		named := many(1, "")
		named.Topic = topic
		list = append(list, named)
	}
	for _, last := range []uint64{0, 1<<53 - 1, 1 << 53} {
		expecting := many(1, "")
		expecting.ExpectedLastSequence = &last
		list = append(list, expecting)
	}
	return list
}

// FuzzValid holds the quick check to the schema: what it calls valid is valid.
func FuzzValid(f *testing.F) {
	for _, seed := range seeds() {
		encoded, err := proto.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(encoded)
	}
	f.Fuzz(func(t *testing.T, encoded []byte) {
		for _, request := range []proto.Message{
			&messagingv1.PublishRequest{}, &messagingv1.PublishStreamRequest{}, &messagingv1.ExchangeRequest{},
		} {
			if proto.Unmarshal(encoded, request) != nil || len(request.ProtoReflect().GetUnknown()) > 0 || !batch.Valid(request) {
				continue // codecs refuse unknown fields
			}
			if err := protovalidate.Validate(request); err != nil {
				t.Errorf("%T passes the quick check: %v", request, err)
			}
		}
	})
}

// TestValidKnowsGoodRequests keeps the quick check from being useless: what the
// rules accept of the seeds, it accepts.
func TestValidKnowsGoodRequests(t *testing.T) {
	t.Parallel()
	for i, request := range seeds() {
		if want := protovalidate.Validate(request) == nil; batch.Valid(request) != want {
			t.Errorf("seed %d: got %v, want %v: %.200v", i, !want, want, request)
		}
	}
}

package batch

import (
	"bytes"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// The tags of the fields around messages.
const (
	tagPublish  = 1<<3 | byte(protowire.BytesType) // ExchangeRequest.publish
	tagRequest  = 2<<3 | byte(protowire.BytesType) // PublishCommand.request
	tagMessages = 2<<3 | byte(protowire.BytesType) // of PublishRequest and PublishStreamRequest
)

// maxAround bounds the fields around messages: those of a good request fit several
// times. Whatever has more would be decoded twice, here and by the library.
const maxAround = 1 << 10

// request is a PublishRequest or a PublishStreamRequest.
type request interface {
	proto.Message
	GetMessages() []*messagingv1.Message
}

// Decode decodes the binary encoding of a request that publishes, if it is a valid
// one in plain form, and reports whether it did. The messages are then a copy of
// their bytes, for [Messages]; GetMessages has none. Otherwise something may be left
// in the message. It is safe for concurrent use.
func Decode(data []byte, message proto.Message) bool {
	switch m := message.(type) {
	case *messagingv1.PublishRequest:
		return decode(data, m)
	case *messagingv1.PublishStreamRequest:
		return decode(data, m)
	case *messagingv1.ExchangeRequest:
		return decodeCommand(data, m)
	default:
		return false
	}
}

func decodeCommand(data []byte, m *messagingv1.ExchangeRequest) bool {
	encoded, ok := only(data, tagPublish)
	if !ok {
		return false
	}
	run, rest := cut(encoded, tagRequest)
	if encoded, ok = only(run, tagRequest); !ok {
		return false
	}
	command := &messagingv1.PublishCommand{}
	if !unmarshalFlat(rest, command) || command.GetRequest() != nil {
		return false
	}
	command.Request = &messagingv1.PublishRequest{}
	m.Command = &messagingv1.ExchangeRequest_Publish{Publish: command}
	return decode(encoded, command.GetRequest()) && Valid(m)
}

func decode(data []byte, r request) bool {
	run, rest := cut(data, tagMessages)
	if !unmarshalFlat(rest, r) || len(r.GetMessages()) > 0 || !plainRun(run) {
		return false
	}
	r.ProtoReflect().SetUnknown(bytes.Clone(run)) // data is the caller's
	return Valid(r)
}

// cut takes the first run of fields with a tag out of an encoding. There is none in
// what is no encoding, and none after maxAround.
func cut(data []byte, tag byte) (run, rest []byte) {
	begin := 0
	for begin < len(data) && data[begin] != tag {
		_, _, n := protowire.ConsumeField(data[begin:])
		if n < 0 || begin+n > maxAround {
			return nil, data
		}
		begin += n
	}
	end := begin
	for end < len(data) && data[end] == tag {
		_, n := protowire.ConsumeBytes(data[end+1:])
		if n < 0 {
			return nil, data
		}
		end += 1 + n
	}
	if end == len(data) {
		return data[begin:], data[:begin]
	}
	return data[begin:end], slices.Concat(data[:begin], data[end:])
}

// unmarshalFlat decodes what is left of a request, in which nothing nests, and
// refuses unknown fields.
func unmarshalFlat(data []byte, message proto.Message) bool {
	return len(data) <= maxAround && proto.Unmarshal(data, message) == nil && len(message.ProtoReflect().GetUnknown()) == 0
}

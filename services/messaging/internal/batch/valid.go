package batch

import (
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// The limits of the contract's rules.
const (
	maxBatch          = 1000
	maxTopicName      = 128
	maxEpoch          = 64
	maxID             = 128
	maxKey            = 256
	maxAttributes     = 64
	maxAttributeName  = 128
	maxAttributeValue = 4096
)

// Valid reports that a request certainly keeps the rules of its schema. False
// means that the rules have to be asked. A test holds the two together. Of messages
// that [Decode] took it knows that they do.
func Valid(message proto.Message) bool {
	switch r := message.(type) {
	case *messagingv1.PublishRequest:
		return validTopic(r.GetTopic()) && len(r.GetExpectedEpoch()) <= maxEpoch &&
			r.GetExpectedLastSequence() <= store.MaxSequence && validBatch(r)
	case *messagingv1.PublishStreamRequest:
		return (r.GetTopic() == "" || validTopic(r.GetTopic())) && len(r.GetExpectedEpoch()) <= maxEpoch &&
			validBatch(r)
	case *messagingv1.ExchangeRequest:
		return validCommand(r)
	default:
		return false
	}
}

// validCommand leaves the embedded requests to whoever runs the command, as the
// schema does.
func validCommand(r *messagingv1.ExchangeRequest) bool {
	switch command := r.GetCommand().(type) {
	case nil:
		return true
	case *messagingv1.ExchangeRequest_Publish:
		return command.Publish.GetCorrelationId() > 0
	default:
		return false
	}
}

// validTopic is the pattern ^[a-z0-9][a-z0-9._-]{0,127}$.
func validTopic(name string) bool {
	if name == "" || len(name) > maxTopicName {
		return false
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return true
}

func validBatch(r request) bool {
	if len(r.ProtoReflect().GetUnknown()) > 0 { // no codec but Decode leaves any
		return true
	}
	messages := r.GetMessages()
	if len(messages) == 0 || len(messages) > maxBatch {
		return false
	}
	ids := 0
	for _, m := range messages {
		if !validMessage(m) {
			return false
		}
		if m.GetId() != "" {
			ids++
		}
	}
	return ids < 2 || distinctIDs(messages, ids)
}

func validMessage(m *messagingv1.Message) bool {
	if m == nil || m.GetSequence() != 0 || m.GetPublishTime() != nil || m.GetPayload() == nil ||
		len(m.GetId()) > maxID || len(m.GetKey()) > maxKey || len(m.GetAttributes()) > maxAttributes {
		return false
	}
	for name, value := range m.GetAttributes() {
		if name == "" || len(name) > maxAttributeName || len(value) > maxAttributeValue {
			return false
		}
	}
	return true
}

func distinctIDs(messages []*messagingv1.Message, count int) bool {
	seen := make(map[string]struct{}, count)
	for _, m := range messages {
		if m.GetId() != "" {
			seen[m.GetId()] = struct{}{}
		}
	}
	return len(seen) == count
}

package parley

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// ErrInvalidMessage is wrapped by errors of messages that no server would take.
var ErrInvalidMessage = errors.New("invalid message")

const (
	maxID         = 128
	maxKey        = 256
	maxAttributes = 64
	maxName       = 128
	maxValue      = 4096
	// maxMessage is the largest message any topic takes, and setByServer what
	// the server adds to its size.
	maxMessage  = 3 << 20
	setByServer = 32
)

// prepare checks a message by the rules of the contract, so that a mistake is the
// error of its caller and not of a whole batch, and returns a copy that shares
// only the content. The topic's own limit of size is left to the server.
func prepare(m *messagingv1.Message) (*messagingv1.Message, error) {
	switch {
	case m == nil:
		return nil, fmt.Errorf("%w: it is nil", ErrInvalidMessage)
	case m.GetSequence() != 0 || m.GetPublishTime() != nil:
		return nil, fmt.Errorf("%w: sequence and publish_time are set by the server", ErrInvalidMessage)
	case len(m.ProtoReflect().GetUnknown()) > 0:
		return nil, fmt.Errorf("%w: it has fields that this version does not know", ErrInvalidMessage)
	}
	switch payload := m.GetPayload().(type) {
	case nil:
		return nil, fmt.Errorf("%w: it has neither text nor data", ErrInvalidMessage)
	case *messagingv1.Message_Text:
		if !utf8.ValidString(payload.Text) {
			return nil, fmt.Errorf("%w: text is not UTF-8: use data", ErrInvalidMessage)
		}
	}
	if err := errors.Join(
		limit("id", m.GetId(), 0, maxID), limit("key", m.GetKey(), 0, maxKey), checkAttributes(m.GetAttributes()),
	); err != nil {
		return nil, err
	}
	return &messagingv1.Message{Id: m.GetId(), Key: m.GetKey(), Attributes: m.GetAttributes(), Payload: m.GetPayload()}, nil
}

func checkAttributes(attributes map[string]string) error {
	if len(attributes) > maxAttributes {
		return fmt.Errorf("%w: it has %d attributes, at most %d are allowed", ErrInvalidMessage, len(attributes), maxAttributes)
	}
	for name, value := range attributes {
		if err := limit("attribute name", name, 1, maxName); err != nil {
			return err
		}
		if err := limit("attribute "+name, value, 0, maxValue); err != nil {
			return err
		}
	}
	return nil
}

func limit(what, text string, least, most int) error {
	switch {
	case len(text) < least:
		return fmt.Errorf("%w: %s is empty", ErrInvalidMessage, what)
	case len(text) > most:
		return fmt.Errorf("%w: %s has %d bytes, at most %d are allowed", ErrInvalidMessage, what, len(text), most)
	case !utf8.ValidString(text):
		return fmt.Errorf("%w: %s is not UTF-8", ErrInvalidMessage, what)
	}
	return nil
}

// size returns the bytes that a message takes in a request, or an error if it is
// larger than any topic allows.
func size(m *messagingv1.Message) (int, error) {
	n := proto.Size(m)
	if n+setByServer > maxMessage {
		return 0, fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrInvalidMessage, n+setByServer, maxMessage)
	}
	return n, nil
}

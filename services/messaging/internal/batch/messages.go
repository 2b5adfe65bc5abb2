package batch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// errNotPlain is the error of a caller in this process that sends unknown fields.
// Codecs refuse them.
var errNotPlain = errors.New("the request has unknown fields")

// Count is the number of messages of a PublishRequest or a PublishStreamRequest.
func Count(r request) int {
	count := len(r.GetMessages())
	for run := r.ProtoReflect().GetUnknown(); len(run) > 0; count++ {
		_, n, err := frame.Next(run)
		if err != nil {
			break
		}
		run = run[n:]
	}
	return count
}

// Messages returns the batch of a valid PublishRequest or PublishStreamRequest as
// the store takes it. It may alias the request.
func Messages(r request) ([]store.Message, error) {
	if run := r.ProtoReflect().GetUnknown(); len(run) > 0 {
		return split(run, Count(r))
	}
	return encode(r.GetMessages())
}

// split returns the messages of a run of frames. It checks them once more: nothing
// is stored that was not checked here.
func split(run []byte, count int) ([]store.Message, error) {
	out := make([]store.Message, 0, count)
	var ids strings.Builder // one piece of memory for many
	ok := walk(run, func(message, id []byte) {
		ids.Write(id)
		all := ids.String()
		out = append(out, store.Message{ID: all[len(all)-len(id):], Data: slices.Clip(message)})
	})
	if !ok {
		return nil, errNotPlain
	}
	return out, nil
}

// encode copies all messages into one buffer.
func encode(messages []*messagingv1.Message) ([]store.Message, error) {
	total := 0
	for _, m := range messages {
		total += proto.Size(m)
	}
	var (
		out     = make([]store.Message, len(messages))
		buffer  = make([]byte, 0, total)
		options = proto.MarshalOptions{UseCachedSize: true}
		err     error
	)
	for i, m := range messages {
		begin := len(buffer)
		if buffer, err = options.MarshalAppend(buffer, m); err != nil {
			return nil, fmt.Errorf("encode message %d: %w", i, err)
		}
		out[i] = store.Message{ID: m.GetId(), Data: buffer[begin:len(buffer):len(buffer)]}
	}
	return out, nil
}

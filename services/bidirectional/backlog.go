package bidirectional

import (
	"fmt"

	"connectrpc.com/connect/v2"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

const (
	// MaxBacklogMessages is how many messages one stream may have answered after
	// all are read.
	MaxBacklogMessages = 10_000
	// MaxBacklogBytes is how much text those messages may hold together.
	MaxBacklogBytes = 4 << 20
)

// backlog holds the messages of one stream until all are read, within bounds:
// a client chooses how long it sends, the server how much it keeps.
type backlog struct {
	messages []string
	bytes    int
}

func (b *backlog) add(message string) error {
	if len(b.messages) == MaxBacklogMessages || b.bytes+len(message) > MaxBacklogBytes {
		return rpcerror.New(connect.CodeResourceExhausted, errorv1.Reason_REASON_STREAM_LIMIT,
			fmt.Sprintf("more than %d messages or %d bytes of text before the end of the requests: "+
				"send less, or let each message be answered at once", MaxBacklogMessages, MaxBacklogBytes))
	}
	b.messages = append(b.messages, message)
	b.bytes += len(message)
	return nil
}

func (b *backlog) answer(stream stream) error {
	for _, message := range b.messages {
		if err := stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: message}); err != nil {
			return err
		}
	}
	return nil
}

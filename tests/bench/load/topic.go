package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

// maxBytes bounds what one run of a load stores: it ends early there.
const maxBytes = 1 << 30

var errStored = errors.New("the server did not store what it acknowledged")

// onTopic returns a load on a topic of its own, which is deleted afterwards. What
// the topic then holds is compared with what was acknowledged.
func onTopic(run func(ctx context.Context, conn *grpc.ClientConn, topic string, duration time.Duration) (Result, error)) Load {
	return func(ctx context.Context, url string, duration time.Duration) (result Result, err error) {
		conn, err := dial(url)
		if err != nil {
			return result, err
		}
		defer conn.Close()
		topic := "bench-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		if err := createTopic(ctx, conn, topic); err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, deleteTopic(ctx, conn, topic)) }()
		if result, err = run(ctx, conn, topic, duration); err != nil {
			return result, err
		}
		stored, err := topicMessages(ctx, conn, topic)
		if err == nil && stored != uint64(result.Operations) {
			err = fmt.Errorf("%w: %d of %d messages", errStored, stored, result.Operations)
		}
		return result, err
	}
}

func createTopic(ctx context.Context, conn *grpc.ClientConn, topic string) error {
	req := &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: topic}}
	return conn.Invoke(ctx, messagingv1connect.TopicServiceCreateTopicProcedure, req, new(messagingv1.CreateTopicResponse))
}

func deleteTopic(ctx context.Context, conn *grpc.ClientConn, topic string) error {
	req := &messagingv1.DeleteTopicRequest{Name: topic}
	return conn.Invoke(ctx, messagingv1connect.TopicServiceDeleteTopicProcedure, req, new(messagingv1.DeleteTopicResponse))
}

// topicMessages returns how many messages a topic holds.
func topicMessages(ctx context.Context, conn *grpc.ClientConn, topic string) (uint64, error) {
	res := new(messagingv1.GetTopicResponse)
	err := conn.Invoke(ctx, messagingv1connect.TopicServiceGetTopicProcedure, &messagingv1.GetTopicRequest{Name: topic}, res)
	return res.GetTopic().GetStoredMessages(), err
}

// frame returns that many messages. They are made anew for each request, as a program
// does that has something new to say.
func frame(payload *Payload, messages int) []*messagingv1.Message {
	list := make([]*messagingv1.Message, messages)
	for i := range list {
		list[i] = &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: payload.Next()}}
	}
	return list
}

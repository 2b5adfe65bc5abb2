package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

const (
	createMethod    = "/parley.messaging.v1.TopicService/CreateTopic"
	publishMethod   = "/parley.messaging.v1.MessageService/Publish"
	exchangeMethod  = "/parley.messaging.v1.MessageService/Exchange"
	subscribeMethod = "/parley.messaging.v1.MessageService/Subscribe"
	readMethod      = "/parley.messaging.v1.MessageService/ReadMessages"
)

// Parley is a topic of a Parley server, over gRPC with grpc-go and its defaults.
type Parley struct {
	*group

	topic   string
	address string
	conns   []*grpc.ClientConn // the first is that of publishers
	slow    []*grpc.ClientConn // those of stalled subscribers, made for the first of them
	turn    int
}

// slowWindow is what a stream of a stalled subscriber takes: HTTP/2's default (RFC 9113,
// section 6.9.2). grpc-go's own grows with what arrives, read or not, up to 16 MiB: such
// a subscriber would be none that is behind.
const slowWindow = 1<<16 - 1

// OpenParley is Open for Parley. The topic is new.
func OpenParley(ctx context.Context, url string, connections int) (Feed, error) {
	p, err := DialParley(ctx, url, connections)
	if err != nil {
		return nil, err
	}
	if err := p.CreateTopic(p.topic); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// DialParley connects to a server and creates no topic.
func DialParley(ctx context.Context, url string, connections int) (*Parley, error) {
	p := &Parley{group: newGroup(ctx), topic: "bench"}
	_, p.address, _ = strings.Cut(url, "://")
	var err error
	if p.conns, err = p.dial(connections + 1); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Parley) dial(connections int, options ...grpc.DialOption) (conns []*grpc.ClientConn, err error) {
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	for range connections {
		conn, err := grpc.NewClient(p.address, options...)
		if err != nil {
			return conns, fmt.Errorf("connect to %s: %w", p.address, err)
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// CreateTopic creates a topic. Anything but Subscribe and Publisher may be called
// concurrently.
func (p *Parley) CreateTopic(name string) error {
	req := &messagingv1.CreateTopicRequest{Topic: &messagingv1.Topic{Name: name}}
	if err := p.conns[0].Invoke(p.ctx, createMethod, req, new(messagingv1.CreateTopicResponse)); err != nil {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	return nil
}

// Publish publishes a batch by a unary call.
func (p *Parley) Publish(topic string, batch [][]byte) error {
	if err := p.conns[0].Invoke(p.ctx, publishMethod, request(topic, batch), new(messagingv1.PublishResponse)); err != nil {
		return fmt.Errorf("publish to %s: %w", topic, err)
	}
	return nil
}

// ReadPage reads a page of at most so many messages by a unary call.
func (p *Parley) ReadPage(topic string, from uint64, messages int) error {
	req := &messagingv1.ReadMessagesRequest{
		Topic: topic, Start: &messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: from}},
		MaxMessages: uint32(messages),
	}
	res := new(messagingv1.ReadMessagesResponse)
	if err := p.conns[0].Invoke(p.ctx, readMethod, req, res); err != nil {
		return fmt.Errorf("read from %d: %w", from, err)
	}
	if got := res.GetMessages(); len(got) == 0 || len(got) > messages || got[0].GetSequence() != from {
		return fmt.Errorf("read from %d: %d messages: %w", from, len(got), errPayload)
	}
	return nil
}

// Close implements Feed.
func (p *Parley) Close() error {
	errs := []error{p.end()}
	for _, conn := range slices.Concat(p.conns, p.slow) {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

func request(topic string, batch [][]byte) *messagingv1.PublishRequest {
	messages := make([]*messagingv1.Message, len(batch))
	for i, payload := range batch {
		messages[i] = &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: payload}}
	}
	return &messagingv1.PublishRequest{Topic: topic, Messages: messages}
}

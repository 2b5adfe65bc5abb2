package feed

import (
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// Subscribe implements Feed, by a Subscribe call.
func (p *Parley) Subscribe(handle Handler) error {
	stream, err := p.subscribe(p.conns[1:], grpc.EmptyCallOption{}, new(messagingv1.SubscribeResponse))
	if err != nil {
		return err
	}
	p.Go(func() error { return p.receive(stream, handle) })
	return nil
}

// SubscribeStalled implements Feed: it receives nothing after the first response, on
// as many connections as the others have, which take little unread.
func (p *Parley) SubscribeStalled() (err error) {
	if p.slow == nil {
		if p.slow, err = p.dial(len(p.conns)-1, grpc.WithStaticStreamWindowSize(slowWindow)); err != nil {
			return err
		}
	}
	_, err = p.subscribe(p.slow, grpc.EmptyCallOption{}, new(messagingv1.SubscribeResponse))
	return err
}

// subscribe opens a stream on one of the connections in turn and takes its first
// response, which comes at once.
func (p *Parley) subscribe(conns []*grpc.ClientConn, option grpc.CallOption, first any) (grpc.ClientStream, error) {
	p.turn++
	stream, err := conns[p.turn%len(conns)].NewStream(p.ctx, &grpc.StreamDesc{ServerStreams: true}, subscribeMethod, option)
	if err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	req := &messagingv1.SubscribeRequest{
		Topic: p.topic, Start: &messagingv1.Start{Position: &messagingv1.Start_End{End: true}},
	}
	if err := errors.Join(stream.SendMsg(req), stream.CloseSend()); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	if err := stream.RecvMsg(first); err != nil {
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return stream, nil
}

func (p *Parley) receive(stream grpc.ClientStream, handle Handler) error {
	next := uint64(0)
	for {
		res := new(messagingv1.SubscribeResponse)
		if err := stream.RecvMsg(res); err != nil {
			return p.ended(err)
		}
		for _, message := range res.GetMessages() {
			if next != 0 && message.GetSequence() != next {
				return fmt.Errorf("receive %d for %d: %w", message.GetSequence(), next, errPayload)
			}
			next = message.GetSequence() + 1
			handle(message.GetData())
		}
	}
}

// ended explains why a subscription ended: by the feed's end, or an error.
func (p *Parley) ended(err error) error {
	if p.ctx.Err() != nil && status.Code(err) == codes.Canceled {
		return p.ctx.Err()
	}
	return fmt.Errorf("receive: %w", err)
}

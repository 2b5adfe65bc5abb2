package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
)

var errAnswer = errors.New("the server gave a wrong answer")

func checkAnswer(got, text string) error {
	if !strings.Contains(got, text) {
		return fmt.Errorf("%w: %.100q", errAnswer, got)
	}
	return nil
}

func (r *run) unary() {
	client := unaryv1connect.NewUnaryServiceClient(r.Client)
	req := &unaryv1.GetServerResponseRequest{Message: r.text()}
	r.callers(r.Concurrency, func() error {
		begin := time.Now()
		res, err := client.GetServerResponse(r.ctx, req)
		if err == nil {
			err = checkAnswer(res.GetMessage(), req.GetMessage())
		}
		if err != nil {
			return err
		}
		now := time.Now()
		r.took(now, now.Sub(begin))
		r.answered(now, 1, r.Size)
		return nil
	})
}

func (r *run) bidirectional() {
	client := bidirectionalv1connect.NewBidirectionalServiceClient(r.Client)
	req := &bidirectionalv1.GetServerResponseRequest{Message: r.text()}
	r.callers(r.Concurrency, func() error {
		ctx, cancel := context.WithCancel(r.ctx)
		defer cancel()
		stream, err := client.GetServerResponse(ctx)
		if err != nil {
			return err
		}
		defer stream.Close()
		if err := stream.SendHeaders(); err != nil { // nothing can be received before
			return err
		}
		return r.pump(ctx, cancel, pipe{
			send:      func() error { return stream.Send(req) },
			closeSend: stream.CloseSend,
			receive: func() error {
				res, err := stream.Receive()
				if err != nil {
					return err
				}
				return checkAnswer(res.GetMessage(), req.GetMessage())
			},
		}, 1)
	})
}

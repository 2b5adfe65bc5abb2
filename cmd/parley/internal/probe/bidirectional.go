package probe

import (
	"context"
	"errors"
	"io"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
)

// Bidirectional is `parley bidirectional`.
type Bidirectional struct {
	connection.AnyServer
	AfterAll bool     `help:"Ask the server to answer only after it has read everything."`
	Messages []string `arg:"" optional:"" name:"message" help:"The texts to send. The default is five messages, First to Fifth."`
}

// Help is shown by `parley bidirectional --help`.
func (Bidirectional) Help() string {
	return `Sending and receiving are independent: answers are printed while the rest is
still being sent.

Examples:
  parley bidirectional
  parley bidirectional --protocol grpc one two three
  parley bidirectional --after-all`
}

type bidiStream = bidirectionalv1connect.BidirectionalServiceGetServerResponseClientStream

// Run sends the messages and prints the answers as they come.
func (c *Bidirectional) Run(std console.Streams) error {
	if err := c.Duplex(); err != nil {
		return err
	}
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(connected.Connect()).GetServerResponse(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	received := make(chan error, 1)
	go func() { received <- c.receive(std, stream) }()
	sendErr := c.send(std, stream)
	if sendErr != nil && !errors.Is(sendErr, io.EOF) {
		cancel()   // an error of our own: the server will not end the stream
		<-received //nolint:errcheck // only a consequence of sendErr
		return sendErr
	}
	return <-received // io.EOF from send: the server's own error is the answer
}

func (c *Bidirectional) send(std console.Streams, stream bidiStream) error {
	messages := c.Messages
	if len(messages) == 0 {
		messages = []string{"First message", "Second message", "Third message", "Fourth message", "Fifth message"}
	}
	for i, message := range messages {
		req := &bidirectionalv1.GetServerResponseRequest{Message: message}
		if c.AfterAll && i == 0 {
			req.AnswerTiming = bidirectionalv1.AnswerTiming_ANSWER_TIMING_AFTER_ALL
		}
		if err := c.Output.Print(std.Out, "Hello Server Sending you the "+message, req); err != nil {
			return err
		}
		if err := stream.Send(req); err != nil {
			return err
		}
	}
	return stream.CloseSend()
}

func (c *Bidirectional) receive(std console.Streams, stream bidiStream) error {
	for {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.Output.Print(std.Out, "Hello from the server received your "+res.GetMessage(), res); err != nil {
			return err
		}
	}
}

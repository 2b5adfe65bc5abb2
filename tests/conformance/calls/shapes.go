package calls

import (
	"context"
	"errors"
	"fmt"
	"io"

	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"google.golang.org/protobuf/proto"
)

// answer is what the response messages have in common.
type answer interface {
	GetPayload() *conformancev1.ConformancePayload
}

func unary[Req proto.Message, Res answer](c *call, request Req, stub func(context.Context, Req) (Res, error)) error {
	if err := c.onlyRequest(request); err != nil {
		return err
	}
	defer c.cancelAfterSend()() // a unary call is sent as it is made
	response, err := stub(c.ctx, request)
	if err != nil {
		c.ended(err)
		return nil
	}
	c.got(response.GetPayload())
	return nil
}

func (c *call) onlyRequest(request proto.Message) error {
	if len(c.req.GetRequestMessages()) != 1 {
		return errors.New("the method takes exactly one request")
	}
	return c.request(0, request)
}

func (c *call) request(i int, request proto.Message) error {
	if err := c.req.GetRequestMessages()[i].UnmarshalTo(request); err != nil {
		return fmt.Errorf("decode request %d: %w", i, err)
	}
	return nil
}

func (c *call) serverStream() error {
	request := &conformancev1.ServerStreamRequest{}
	if err := c.onlyRequest(request); err != nil {
		return err
	}
	stream, err := c.client.ServerStream(c.ctx, request)
	if err != nil {
		c.ended(err)
		return nil
	}
	defer c.cancelAfterSend()()
	for err == nil {
		var response *conformancev1.ServerStreamResponse
		if response, err = stream.Receive(); err == nil {
			c.got(response.GetPayload())
		}
	}
	c.ended(err)
	c.ended(stream.Close())
	return nil
}

func (c *call) clientStream() error {
	stream, err := c.client.ClientStream(c.ctx)
	if err != nil {
		c.ended(err)
		return nil
	}
	for i := range c.req.GetRequestMessages() {
		request := &conformancev1.ClientStreamRequest{}
		if err := c.request(i, request); err != nil {
			return err
		}
		c.pause()
		if !c.sent(i, stream.Send(request)) {
			break
		}
	}
	if c.timing.BeforeCloseSend != nil {
		c.cancel()
	}
	defer c.cancelAfterSend()()
	response, err := stream.CloseAndReceive()
	if err != nil {
		c.ended(err)
		return nil
	}
	c.got(response.GetPayload())
	return nil
}

// sent reports whether a request left. If not, the stream is over, and
// receiving from it will say why.
func (c *call) sent(i int, err error) bool {
	if err != nil {
		c.result.NumUnsentRequests = int32(len(c.req.GetRequestMessages()) - i)
	}
	return err == nil
}

func (c *call) bidiStream() error {
	stream, err := c.client.BidiStream(c.ctx)
	if err != nil {
		c.ended(err)
		return nil
	}
	receive := func() error {
		response, err := stream.Receive()
		if err == nil {
			c.got(response.GetPayload())
		}
		return err
	}
	fullDuplex := c.req.GetStreamType() == conformancev1.StreamType_STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM
	var over error
	for i := 0; over == nil && i < len(c.req.GetRequestMessages()); i++ {
		request := &conformancev1.BidiStreamRequest{}
		if err := c.request(i, request); err != nil {
			return errors.Join(err, stream.Close())
		}
		c.pause()
		if !c.sent(i, stream.Send(request)) {
			break
		}
		if fullDuplex {
			over = receive()
		}
	}
	if c.timing.BeforeCloseSend != nil {
		c.cancel()
	}
	if err := stream.CloseSend(); err != nil && !errors.Is(err, io.EOF) {
		c.ended(err)
	}
	defer c.cancelAfterSend()()
	for over == nil {
		over = receive()
	}
	c.ended(over)
	c.ended(stream.Close())
	return nil
}

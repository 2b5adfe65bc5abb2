package probe

import (
	"fmt"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/console"
)

// Unary is `parley unary`.
type Unary struct {
	connection.AnyServer
	Message string `arg:"" help:"The text to send."`
}

// Help is shown by `parley unary --help`.
func (Unary) Help() string {
	return `Examples:
  parley unary "Hello Server you there?"
  parley unary --protocol grpc --output json "Hello"`
}

// Run sends the message and prints it and the answer.
func (c *Unary) Run(std console.Streams) error {
	ctx, stop := c.Begin()
	defer stop()
	connected, err := c.Connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	req := &unaryv1.GetServerResponseRequest{Message: c.Message}
	if err := c.Output.Print(std.Out, fmt.Sprintf("message: %q", req.GetMessage()), req); err != nil {
		return err
	}
	res, err := unaryv1connect.NewUnaryServiceClient(connected.Connect()).GetServerResponse(ctx, req)
	if err != nil {
		return err
	}
	return c.Output.Print(std.Out, fmt.Sprintf("message: %q", res.GetMessage()), res)
}

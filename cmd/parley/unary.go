package main

import (
	"fmt"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
)

type unaryCmd struct {
	connection
	Message string `arg:"" help:"The text to send."`
}

// Help is shown by `parley unary --help`.
func (unaryCmd) Help() string {
	return `Examples:
  parley unary "Hello Server you there?"
  parley unary --protocol grpc --output json "Hello"`
}

// Run sends the message and prints it and the answer.
func (c *unaryCmd) Run(std streams) error {
	ctx, stop := c.context()
	defer stop()
	connected, err := c.connect()
	if err != nil {
		return err
	}
	defer connected.Close()
	req := &unaryv1.GetServerResponseRequest{Message: c.Message}
	if err := c.Output.print(std.out, fmt.Sprintf("message: %q", req.GetMessage()), req); err != nil {
		return err
	}
	res, err := unaryv1connect.NewUnaryServiceClient(connected.Connect()).GetServerResponse(ctx, req)
	if err != nil {
		return err
	}
	return c.Output.print(std.out, fmt.Sprintf("message: %q", res.GetMessage()), res)
}

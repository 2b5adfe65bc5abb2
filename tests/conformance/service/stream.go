package service

import (
	"context"
	"errors"
	"io"

	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1/conformancev1connect"
	"google.golang.org/protobuf/types/known/anypb"
)

func (handler) ServerStream(ctx context.Context, req *conformancev1.ServerStreamRequest, stream conformancev1connect.ConformanceServiceServerStreamServerStream) error {
	requests, err := record(nil, req)
	if err != nil {
		return err
	}
	out := newReplies(ctx, req.GetResponseDefinition(), stream.SendHeaders, func(payload *conformancev1.ConformancePayload) error {
		return stream.Send(&conformancev1.ServerStreamResponse{Payload: payload})
	})
	return out.rest(requests)
}

// BidiStream answers each request as it comes (full duplex) or all of them at
// the end (half duplex), as the first request says.
func (handler) BidiStream(ctx context.Context, stream conformancev1connect.ConformanceServiceBidiStreamServerStream) error {
	var (
		out        *replies
		fullDuplex bool
		requests   []*anypb.Any
	)
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if out == nil {
			fullDuplex = req.GetFullDuplex()
			out = newReplies(ctx, req.GetResponseDefinition(), stream.SendHeaders, func(payload *conformancev1.ConformancePayload) error {
				return stream.Send(&conformancev1.BidiStreamResponse{Payload: payload})
			})
		}
		if requests, err = record(requests, req); err != nil {
			return err
		}
		if !fullDuplex {
			continue
		}
		if out.exhausted() {
			break
		}
		if err := out.pair(requests); err != nil {
			return err
		}
		requests = nil
	}
	if out == nil {
		return nil
	}
	return out.rest(requests)
}

// replies sends what a definition asks of a stream of responses.
type replies struct {
	ctx         context.Context //nolint:containedctx // lives as long as the call
	definition  *conformancev1.StreamResponseDefinition
	sendHeaders func() error
	send        func(*conformancev1.ConformancePayload) error
	sent        int
}

func newReplies(ctx context.Context, definition *conformancev1.StreamResponseDefinition, sendHeaders func() error, send func(*conformancev1.ConformancePayload) error) *replies {
	setMetadata(ctx, definition)
	return &replies{ctx: ctx, definition: definition, sendHeaders: sendHeaders, send: send}
}

func (r *replies) exhausted() bool { return r.sent >= len(r.definition.GetResponseData()) }

// pair answers the requests that came since the last answer. The first answer
// tells everything about the call.
func (r *replies) pair(requests []*anypb.Any) error {
	if r.sent == 0 {
		return r.next(requestInfo(r.ctx, requests))
	}
	return r.next(&conformancev1.ConformancePayload_RequestInfo{Requests: requests})
}

// rest sends the responses that are left and ends the stream. Only a first
// answer, which may be the error, tells about the call.
func (r *replies) rest(requests []*anypb.Any) error {
	var seen *conformancev1.ConformancePayload_RequestInfo
	if r.sent == 0 {
		seen = requestInfo(r.ctx, requests)
	}
	for !r.exhausted() {
		if err := r.next(seen); err != nil {
			return err
		}
		seen = nil
	}
	if r.definition.GetError() == nil {
		return nil
	}
	return authored(r.definition.GetError(), seen)
}

func (r *replies) next(seen *conformancev1.ConformancePayload_RequestInfo) error {
	if r.sent == 0 { // the client may wait for the headers alone
		if err := r.sendHeaders(); err != nil {
			return err
		}
	}
	if err := pause(r.ctx, r.definition.GetResponseDelayMs()); err != nil {
		return err
	}
	payload := &conformancev1.ConformancePayload{Data: r.definition.GetResponseData()[r.sent], RequestInfo: seen}
	r.sent++
	return r.send(payload)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"connectrpc.com/conformance/internal"
	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"connectrpc.com/conformance/parley/calls"
	"golang.org/x/sync/errgroup"
)

// concurrentCalls bounds the calls in progress. Further input waits.
const concurrentCalls = 16

// call serves the suite until the input ends.
func call(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	pool, err := calls.NewPool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	var (
		decoder = internal.NewCodec(false).NewDecoder(in)
		encoder = internal.NewCodec(false).NewEncoder(out)
		mu      sync.Mutex // the suite's pipe has one writer
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentCalls)
	for ctx.Err() == nil {
		req := &conformancev1.ClientCompatRequest{}
		if err := decoder.DecodeNext(req); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return errors.Join(fmt.Errorf("read a request: %w", err), group.Wait())
		}
		group.Go(func() error {
			outcome := report(ctx, pool, req)
			mu.Lock()
			defer mu.Unlock()
			return encoder.Encode(outcome)
		})
	}
	return group.Wait()
}

func report(ctx context.Context, pool *calls.Pool, req *conformancev1.ClientCompatRequest) *conformancev1.ClientCompatResponse {
	outcome := &conformancev1.ClientCompatResponse{TestName: req.GetTestName()}
	result, err := pool.Call(ctx, req)
	if err != nil {
		outcome.Result = &conformancev1.ClientCompatResponse_Error{Error: &conformancev1.ClientErrorResult{Message: err.Error()}}
		return outcome
	}
	outcome.Result = &conformancev1.ClientCompatResponse_Response{Response: result}
	return outcome
}

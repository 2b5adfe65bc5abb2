package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"syscall"
)

// ErrClosed is in the chain of every error of a call that Close ended or
// refused.
var ErrClosed = errors.New("client is closed")

// ErrReset is in the chain of errors of connections that the peer reset.
var ErrReset = errors.New("connection reset")

// TransportError is in the chain of every error that did not come from a
// server: the connection could not be opened, broke, or carried something else
// than the expected HTTP.
type TransportError struct {
	// Address is the server's, as scheme://host:port: the one chosen for the
	// attempt, or the configured one if none was.
	Address string
	// Err is the cause, for instance a *net.OpError.
	Err error
}

// Error returns the text of the cause.
func (e *TransportError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// calls knows every HTTP request in progress, so that closing the client can
// end them: a balancer waits for its requests, and an abandoned stream would
// keep it waiting for ever. It also marks errors of the transport.
type calls struct {
	next   http.RoundTripper
	mu     sync.Mutex
	closed bool
	active map[*call]struct{}
}

// call is one request in progress.
type call struct {
	owner   *calls
	address string
	ctx     context.Context //nolint:containedctx // the request's own
	cancel  context.CancelCauseFunc
	body    io.ReadCloser   // of the response; set once, guarded by owner.mu
	given   context.Context //nolint:containedctx // the caller's, without what this package cancels
	stop    func() bool     // no longer end the response with the caller's context
}

func (c *calls) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	one := &call{owner: c, address: req.URL.Scheme + "://" + req.URL.Host, ctx: ctx, cancel: cancel, given: req.Context()}
	if !c.start(one) {
		cancel(ErrClosed)
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, one.fail(ErrClosed)
	}
	resp, err := c.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		err = one.fail(err)
		one.finish()
		return nil, err
	}
	if !c.attach(one, resp.Body) {
		_ = resp.Body.Close()
		one.finish()
		return nil, one.fail(ErrClosed)
	}
	one.endWithContext(req, resp.Body)
	resp.Body = &callBody{ReadCloser: resp.Body, call: one}
	return resp, nil
}

// endWithContext ends a stream with its context. net/http does not look at the
// context while it waits for more of a request's body, and a client that is silent
// on its own stream would hear of a cancellation only with the next answer.
func (c *call) endWithContext(req *http.Request, body io.Closer) {
	if req.ContentLength < 0 {
		c.stop = context.AfterFunc(c.given, func() { _ = body.Close() }) // the reader sees the error of the context
	}
}

func (c *calls) start(one *call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.active[one] = struct{}{}
	}
	return !c.closed
}

func (c *calls) attach(one *call, body io.ReadCloser) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	one.body = body
	return !c.closed
}

// close cancels every call and releases its response. It does not wait: the
// owners of the calls see the error.
func (c *calls) close() {
	c.mu.Lock()
	c.closed = true
	var bodies []io.Closer
	for one := range c.active {
		one.cancel(ErrClosed)
		if one.body != nil {
			bodies = append(bodies, one.body)
		}
	}
	c.mu.Unlock()
	for _, body := range bodies {
		_ = body.Close()
	}
}

func (c *call) finish() {
	c.owner.mu.Lock()
	delete(c.owner.active, c)
	c.owner.mu.Unlock()
	if c.stop != nil {
		c.stop()
	}
	c.cancel(context.Canceled)
}

// fail marks err as an error of the transport. Two kinds of causes are renamed
// because Connect would misread them: it replaces an io.EOF, and the mark with
// it, and takes a connection reset by the server for a cancellation.
func (c *call) fail(err error) error {
	address := c.address
	if marked, ok := errors.AsType[*TransportError](err); ok {
		address, err = marked.Address, marked.Err
	}
	switch {
	case errors.Is(context.Cause(c.ctx), ErrClosed):
		err = ErrClosed
	case c.given.Err() != nil:
		err = c.given.Err()
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		err = fmt.Errorf("%w: %v", ErrReset, err) //nolint:errorlint // see above
	}
	return &TransportError{Address: address, Err: err}
}

// callBody ends its call with the response.
type callBody struct {
	io.ReadCloser
	call *call
}

func (b *callBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF: //nolint:errorlint // the contract of io.Reader
		b.call.finish()
	case err != nil:
		err = b.call.fail(err)
		b.call.finish()
	}
	return n, err
}

func (b *callBody) Close() error {
	err := b.ReadCloser.Close()
	b.call.finish()
	return err
}

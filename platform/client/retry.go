package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
)

// The defaults of [Retry].
const (
	DefaultMaxAttempts = 4
	DefaultBaseDelay   = 20 * time.Millisecond
	DefaultMaxDelay    = time.Second
)

// Retry bounds the retries of unary calls. The package documentation says
// which calls are retried.
type Retry struct {
	// MaxAttempts counts the first one; default 4, at most 10, 1 turns retries
	// off.
	MaxAttempts int
	// The delay before retry n is random between 0 and BaseDelay·2ⁿ⁻¹ (default
	// 20 ms), at most MaxDelay (default 1 s). The call's deadline holds for all
	// attempts together.
	BaseDelay time.Duration
	MaxDelay  time.Duration
}

// retryUnary wraps unary calls; streams pass through untouched.
func retryUnary(policy Retry) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if spec.StreamType != connect.StreamTypeUnary || policy.MaxAttempts == 1 {
				return next(ctx, spec)
			}
			ctx = withTried(ctx)
			first, err := next(ctx, spec)
			if err != nil {
				return nil, err
			}
			return &retryStream{policy: policy, ctx: ctx, spec: spec, next: next, current: first}, nil
		}
	}
}

// retryStream is a unary call that starts again when Receive fails: by the
// contract of unary calls, the request was given to Send before, and nothing of
// the answer has reached the caller.
type retryStream struct {
	policy  Retry
	ctx     context.Context //nolint:containedctx // the call's own, as in Connect
	spec    connect.Spec
	next    connect.ClientFunc
	request any

	mu      sync.Mutex // Close may run beside Receive
	current connect.ClientStream
	closed  bool
}

func (s *retryStream) stream() connect.ClientStream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}

func (s *retryStream) SendHeaders() error { return s.stream().SendHeaders() }
func (s *retryStream) CloseSend() error   { return s.stream().CloseSend() }

func (s *retryStream) Send(msg any) error {
	s.request = msg
	return s.stream().Send(msg) // a failed connection shows in Receive
}

func (s *retryStream) Close() error {
	s.mu.Lock()
	s.closed = true
	current := s.current
	s.mu.Unlock()
	return current.Close()
}

func (s *retryStream) Receive(msg any) error {
	err := s.stream().Receive(msg)
	for attempt := 1; err != nil && attempt < s.policy.MaxAttempts; attempt++ {
		if s.ctx.Err() != nil || !s.mayRetry(err) || !s.wait(attempt, err) {
			return err
		}
		if m, ok := msg.(proto.Message); ok {
			proto.Reset(m)
		}
		again, openErr := s.open()
		if openErr != nil {
			return openErr
		}
		if again == nil {
			return err // closed meanwhile
		}
		err = again.Receive(msg)
	}
	return err
}

// open starts the next attempt, up to the point where Receive can be called.
func (s *retryStream) open() (connect.ClientStream, error) {
	_ = s.stream().Close()
	if info, ok := connect.CallInfoForClientContext(s.ctx); ok {
		forget(info.ResponseHeader())
		forget(info.ResponseTrailer())
	}
	stream, err := s.next(s.ctx, s.spec)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.current = stream
	}
	s.mu.Unlock()
	if closed {
		return nil, stream.Close()
	}
	if err := s.Send(s.request); err != nil {
		return nil, err
	}
	return stream, stream.CloseSend()
}

func (s *retryStream) mayRetry(err error) bool {
	if errors.Is(err, ErrClosed) {
		return false
	}
	if neverSent(err) {
		return true
	}
	if s.spec.IdempotencyLevel != connect.IdempotencyNoSideEffects &&
		s.spec.IdempotencyLevel != connect.IdempotencyIdempotent {
		return false
	}
	return interrupted(err) || connect.CodeOf(err) == connect.CodeUnavailable
}

// interrupted reports whether a connection broke under the call, and not by a
// mistake that another attempt would repeat.
func interrupted(err error) bool {
	if _, ok := errors.AsType[*TransportError](err); !ok {
		return false
	}
	return !errors.Is(err, ErrCleartextToken) && wrongServer(err) == ""
}

// wait sleeps before the next attempt. It reports false if the server asked for
// more than MaxDelay, or the call ended first.
func (s *retryStream) wait(attempt int, err error) bool {
	limit := min(s.policy.BaseDelay<<(attempt-1), s.policy.MaxDelay)
	delay := rand.N(limit + 1) //nolint:gosec // jitter
	if asked, ok := retryDelay(err); ok {
		if asked > s.policy.MaxDelay {
			return false
		}
		delay = asked
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

func forget(header *connect.Header) {
	for key := range header.All() {
		header.Delete(key)
	}
}

package retry

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
)

func TestDelay(t *testing.T) {
	t.Parallel()
	asked := rpcerror.New(connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING, "", rpcerror.Retry(20*time.Second))
	for _, test := range []struct {
		backoff     Backoff
		tries       int
		cause       error
		least, most time.Duration
	}{
		{Backoff{}, 0, io.EOF, 50 * time.Millisecond, 100 * time.Millisecond},
		{Backoff{}, 3, io.EOF, 400 * time.Millisecond, 800 * time.Millisecond},
		{Backoff{}, 1000, io.EOF, 2500 * time.Millisecond, 5 * time.Second},
		{Backoff{Base: time.Second, Max: time.Minute}, 2, io.EOF, 2 * time.Second, 4 * time.Second},
		{Backoff{Base: time.Minute, Max: time.Second}, 0, io.EOF, 500 * time.Millisecond, time.Second},
		{Backoff{}, 0, asked, 20 * time.Second, 30 * time.Second},
		{Backoff{Base: time.Hour, Max: time.Hour}, 0, asked, 30 * time.Minute, time.Hour},
	} {
		different := map[time.Duration]bool{}
		for range 200 {
			delay := test.backoff.Delay(test.tries, test.cause)
			different[delay] = true
			if delay < test.least || delay > test.most {
				t.Errorf("%+v after %d tries: %s, want %s to %s", test.backoff, test.tries, delay, test.least, test.most)
				break
			}
		}
		if len(different) < 50 {
			t.Errorf("%+v: only %d different delays", test.backoff, len(different))
		}
	}
}

func TestTransient(t *testing.T) {
	t.Parallel()
	reason := func(code connect.Code, reason errorv1.Reason) error { return rpcerror.New(code, reason, "") }
	for _, test := range []struct {
		err           error
		fresh, worked bool // whether another try helps, before and after an answer
	}{
		{reason(connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING), true, true},
		{reason(connect.CodeUnavailable, errorv1.Reason_REASON_STREAM_AGE_LIMIT), true, true},
		{reason(connect.CodeUnauthenticated, errorv1.Reason_REASON_TOKEN_EXPIRED), true, true},
		{reason(connect.CodeCanceled, errorv1.Reason_REASON_CANCELED), true, true},
		{reason(connect.CodeUnauthenticated, errorv1.Reason_REASON_UNAUTHENTICATED), false, false},
		{reason(connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND), false, false},
		{reason(connect.CodeInternal, errorv1.Reason_REASON_INTERNAL), false, false},
		{reason(connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD), false, false},
		{connect.NewError(connect.CodeUnavailable, "a proxy"), true, true},
		{connect.NewError(connect.CodeInternal, "a proxy"), false, true},
		{connect.NewError(connect.CodeUnimplemented, "a proxy"), false, false},
		{connect.NewError(connect.CodeUnknown, "closed").WithCause(client.ErrClosed), false, false},
		{ErrSilent, true, true},
		{ErrEnded, true, true},
	} {
		if fresh, worked := Transient(test.err, false), Transient(test.err, true); fresh != test.fresh || worked != test.worked {
			t.Errorf("%v: %t and %t, want %t and %t", test.err, fresh, worked, test.fresh, test.worked)
		}
	}
}

func TestWatchdog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, w := Watch(t.Context(), time.Second)
		defer w.End()
		w.Interval(3 * time.Second)
		w.Feed()
		w.Stop()
		if Wait(ctx, time.Hour) != nil {
			t.Error("it barks while it is stopped")
		}
		w.Feed()
		err := Wait(ctx, time.Hour)
		if !errors.Is(Cause(ctx, err), ErrSilent) || time.Since(began) != time.Hour+6*time.Second {
			t.Errorf("%v after %s", Cause(ctx, err), time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, w := Watch(t.Context(), 0)
		w.End()
		if err := Wait(ctx, time.Hour); !errors.Is(Cause(ctx, err), context.Canceled) {
			t.Errorf("after its end: %v", err)
		}
	})
}

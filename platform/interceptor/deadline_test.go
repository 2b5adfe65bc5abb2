package interceptor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWithTimeout does to a context all that ends one, whether somebody waits for it
// or not, and compares it with context.WithTimeout.
func TestWithTimeout(t *testing.T) {
	t.Parallel()
	type maker func(context.Context, time.Duration) (context.Context, context.CancelFunc)
	for name, test := range map[string]struct {
		end  func(cancelParent, cancel context.CancelFunc)
		want error
	}{
		"nothing":                {func(_, _ context.CancelFunc) {}, nil},
		"its deadline":           {func(_, _ context.CancelFunc) { <-time.After(time.Minute) }, context.DeadlineExceeded},
		"its parent":             {func(cancelParent, _ context.CancelFunc) { cancelParent() }, context.Canceled},
		"its end":                {func(_, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"its end, then deadline": {func(_, cancel context.CancelFunc) { cancel(); <-time.After(time.Minute) }, context.Canceled},
	} {
		for look, from := range map[string]func(context.Context) context.Context{
			"late":       nil,
			"by waiting": func(ctx context.Context) context.Context { ctx.Done(); return ctx },
			"by another": func(ctx context.Context) context.Context {
				child, cancel := context.WithCancel(ctx)
				context.AfterFunc(child, cancel)
				return child
			},
			"by a function":  func(ctx context.Context) context.Context { context.AfterFunc(ctx, func() {}); return ctx },
			"by its problem": func(ctx context.Context) context.Context { _ = ctx.Err(); return ctx },
		} {
			for kind, with := range map[string]maker{"ours": withTimeout, "Go's": context.WithTimeout} {
				t.Run(name+" "+look+" "+kind, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						parent, cancelParent := context.WithCancel(t.Context())
						defer cancelParent()
						ctx, cancel := with(parent, time.Minute)
						defer cancel()
						seen := ctx
						if from != nil {
							seen = from(ctx)
						}
						test.end(cancelParent, cancel)
						synctest.Wait()
						if err := seen.Err(); !errors.Is(err, test.want) {
							t.Errorf("Err is %v, want %v", err, test.want)
						}
						if cause := context.Cause(seen); !errors.Is(cause, test.want) {
							t.Errorf("the cause is %v, want %v", cause, test.want)
						}
						select {
						case <-seen.Done():
							if test.want == nil {
								t.Error("it is done")
							}
						default:
							if test.want != nil {
								t.Error("it is not done")
							}
						}
					})
				})
			}
		}
	}
}

// Of two deadlines the earlier one counts, and values are the parent's.
func TestWithTimeoutInherits(t *testing.T) {
	t.Parallel()
	type key struct{}
	parent, cancelParent := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Hour)
	defer cancelParent()
	want, _ := parent.Deadline()
	for _, timeout := range []time.Duration{2 * time.Hour, time.Minute} {
		begin := time.Now()
		ctx, cancel := withTimeout(parent, timeout)
		defer cancel()
		got, ok := ctx.Deadline()
		if timeout < time.Hour {
			want = begin.Add(timeout)
		}
		if off := got.Sub(want); !ok || off < 0 || off > time.Second {
			t.Errorf("a timeout of %s ends at %v, want %v", timeout, got, want)
		}
		ctx.Done()
		if ctx.Value(key{}) != "value" {
			t.Error("the parent's value is gone")
		}
	}
}

// BenchmarkWithTimeout is a call that does not wait for its context.
func BenchmarkWithTimeout(b *testing.B) {
	parent, cancelParent := context.WithCancel(b.Context())
	defer cancelParent()
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := withTimeout(parent, time.Minute)
		if ctx.Err() != nil {
			b.Fatal(ctx.Err())
		}
		cancel()
	}
}

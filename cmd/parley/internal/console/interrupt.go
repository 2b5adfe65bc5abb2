package console

import (
	"context"
	"os"
	"os/signal"
)

// Interruptible returns a context that ends with the first interrupt, so that a
// client command can be stopped at any time. A second one stops the process at once:
// the first does not end a write to a pipe that nobody reads.
func Interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// errUnexpected marks answers that no fault of these tests explains.
var errUnexpected = errors.New("unexpected answer")

// attemptLimit bounds one attempt: a server that hangs is a failure.
const attemptLimit = 20 * time.Second

// passing reports whether trying again is the right answer to a reason. Errors
// without one come from connections that broke.
func passing(reason errorv1.Reason) bool {
	switch reason {
	case errorv1.Reason_REASON_UNSPECIFIED, errorv1.Reason_REASON_SERVER_DRAINING,
		errorv1.Reason_REASON_STORE_UNAVAILABLE, errorv1.Reason_REASON_LOW_DISK_SPACE,
		errorv1.Reason_REASON_STREAM_AGE_LIMIT:
		return true
	default:
		return false
	}
}

// retry calls try until it succeeds, with a pause of up to 30 ms after each
// failure. It gives up on an unexpected answer, and when the server has not
// brought a call to its end for a minute.
func retry(ctx context.Context, rng *rand.Rand, try func(context.Context) error) error {
	limit := time.Now().Add(time.Minute)
	for {
		attemptCtx, cancel := context.WithTimeout(ctx, attemptLimit)
		err := try(attemptCtx)
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errUnexpected) || !passing(rpcerror.ReasonOf(err)):
			return err
		case errors.Is(attemptCtx.Err(), context.DeadlineExceeded):
			return fmt.Errorf("%w: none within %s: %w", errUnexpected, attemptLimit, err)
		case time.Now().After(limit):
			return fmt.Errorf("gave up: %w", err)
		}
		pause := time.NewTimer(time.Duration(rng.IntN(30)) * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

package outcome

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/services/messaging"
)

// Exit codes, for scripts. The help names them.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	Unavailable = 3
	Interrupted = 130
)

// Report prints what failed and why, then what came of it and what to do, and
// returns the exit code.
func Report(out io.Writer, err error) int {
	code, text, hint := exitCode(err)
	if text != "" {
		fmt.Fprintf(out, "parley: %s\n", text)
	}
	if came, ok := errors.AsType[*consequence](err); ok {
		fmt.Fprintf(out, "parley: %s\n", came.text)
	}
	if hint != "" {
		fmt.Fprintln(out, hint)
	}
	return code
}

func exitCode(err error) (code int, text, hint string) {
	var connectErr *connect.Error
	switch {
	case err == nil:
		return OK, "", ""
	case errors.Is(err, context.Canceled):
		return Interrupted, "", ""
	case errors.As(err, &connectErr):
		problem := explain(err)
		hint, problem.Hint = problem.Hint, ""
		if retryable, _ := client.Retryable(err); retryable {
			return Unavailable, problem.String(), hint
		}
		return Failed, problem.String(), hint
	case errors.Is(err, context.DeadlineExceeded):
		return Failed, "gave up: the deadline of --timeout has passed", ""
	case errors.Is(err, ErrUnreachable):
		return Unavailable, err.Error(), ""
	case errors.Is(err, server.ErrConfig), errors.Is(err, messaging.ErrConfig), errors.Is(err, ErrUsage):
		return Usage, err.Error(), ""
	default:
		return Failed, err.Error(), ""
	}
}

// explain is client.Explain with what this program knows better.
func explain(err error) client.Problem {
	problem := client.Explain(err)
	if problem.Code == connect.CodeDeadlineExceeded && errors.Is(err, context.DeadlineExceeded) {
		problem.Message = "the deadline of --timeout has passed"
	}
	if cause, ok := errors.AsType[causeError](err); ok {
		problem.Message = cause.Error()
	}
	if worded, ok := errors.AsType[*wordedError](err); ok {
		problem.Message = worded.text
		problem.Fields = slices.DeleteFunc(problem.Fields, func(f client.FieldViolation) bool { return f == worded.field })
	}
	if hinted, ok := errors.AsType[*hintedError](err); ok {
		problem.Hint = hinted.hint
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		problem.Hint = "Is the server running at that address? Start one with: " + CommandLine("serve") + " (see --listen)"
	} else if problem.Hint == "" {
		problem.Hint = hintCredentials(problem)
	}
	return problem
}

// hintCredentials is about calls that are refused for who makes them. A Parley server
// says why, a proxy before it says nothing.
func hintCredentials(problem client.Problem) string {
	switch {
	case problem.Code == connect.CodeUnauthenticated:
		return "Give a valid token with --token or PARLEY_TOKEN, or keep one in a context, see: " + CommandLine("context", "add", "--help")
	case problem.Code == connect.CodePermissionDenied && problem.Reason == "":
		return "That is no answer of a Parley server: a proxy before it may want another token, or another address."
	default:
		return ""
	}
}

// ErrUnreachable is wrapped by errors of commands that call a server by other
// means than RPC and do not reach it.
var ErrUnreachable = errors.New("the server cannot be reached")

// ErrUsage is wrapped by errors that another command line would avoid.
var ErrUsage = errors.New("wrong usage")

package main

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
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnavailable = 3
	exitInterrupted = 130
)

// report prints what failed and why, then what came of it and what to do, and
// returns the exit code.
func report(out io.Writer, err error) int {
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
		return exitOK, "", ""
	case errors.Is(err, context.Canceled):
		return exitInterrupted, "", ""
	case errors.As(err, &connectErr):
		problem := explain(err)
		hint, problem.Hint = problem.Hint, ""
		if retryable, _ := client.Retryable(err); retryable {
			return exitUnavailable, problem.String(), hint
		}
		return exitFailed, problem.String(), hint
	case errors.Is(err, context.DeadlineExceeded):
		return exitFailed, "gave up: the deadline of --timeout has passed", ""
	case errors.Is(err, errUnreachable):
		return exitUnavailable, err.Error(), ""
	case errors.Is(err, server.ErrConfig), errors.Is(err, messaging.ErrConfig), errors.Is(err, errUsage):
		return exitUsage, err.Error(), ""
	default:
		return exitFailed, err.Error(), ""
	}
}

// explain is client.Explain with what this program knows better.
func explain(err error) client.Problem {
	problem := client.Explain(err)
	if problem.Code == connect.CodeDeadlineExceeded && errors.Is(err, context.DeadlineExceeded) {
		problem.Message = "the deadline of --timeout has passed"
	}
	if cause, ok := errors.AsType[tokenError](err); ok {
		problem.Message = cause.Error()
	}
	if worded, ok := errors.AsType[*wordedError](err); ok {
		problem.Message = worded.text
		problem.Fields = slices.DeleteFunc(problem.Fields, func(f client.FieldViolation) bool { return f == worded.field })
	}
	if hinted, ok := errors.AsType[*hintedError](err); ok {
		problem.Hint = hinted.hint
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		problem.Hint = "Is the server running at that address? Start one with: " + commandLine("serve") + " (see --listen)"
	}
	return problem
}

// errUnreachable is wrapped by errors of commands that call a server by other
// means than RPC and do not reach it.
var errUnreachable = errors.New("the server cannot be reached")

// errUsage is wrapped by errors that another command line would avoid.
var errUsage = errors.New("wrong usage")

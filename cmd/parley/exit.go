package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// report prints why a command failed and returns its exit code.
func report(out io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	var connectErr *connect.Error
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &connectErr):
		fmt.Fprintf(out, "parley: %s\n", explain(err))
		if retryable, _ := client.Retryable(err); retryable {
			return exitUnavailable
		}
		return exitFailed
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintln(out, "parley: gave up: the deadline of --timeout has passed")
		return exitFailed
	case errors.Is(err, errUnreachable):
		fmt.Fprintf(out, "parley: %v\n", err)
		return exitUnavailable
	case errors.Is(err, server.ErrConfig), errors.Is(err, messaging.ErrConfig), errors.Is(err, errUsage):
		fmt.Fprintf(out, "parley: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(out, "parley: %v\n", err)
		return exitFailed
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

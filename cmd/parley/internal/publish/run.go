package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"connectrpc.com/connect/v2"

	parley "github.com/parleyhq/parley/clients/go"
	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// publication publishes the lines of an input and follows what becomes of them.
type publication struct {
	command  *Command
	in       input
	progress *console.Progress
	notice   func(string)

	sum    sum
	failed failure
	last   int // the number of the last line, where all are read first
}

// published is a line on its way.
type published struct {
	number int
	end    int64
	fresh  bool // nobody else can have used its id
	result *parley.Result
}

// run returns why the publication ended early, or nil.
func (p *publication) run(ctx context.Context, connected *connect.Client) error {
	interrupted := false
	publisher, err := parley.NewPublisher(connected, parley.PublisherConfig{
		Topic: p.command.Topic, StopAtRefusal: true, FailFast: true,
		Observer: parley.PublisherObserver{
			Interrupted: func(err error, _ time.Duration) {
				if !interrupted {
					p.notice(fmt.Sprintf("publishing is interrupted (%s); going on as soon as possible", client.Explain(err).Message))
				}
				interrupted = true
			},
			Resumed: func() { interrupted = false; p.notice("publishing goes on") },
		},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", outcome.ErrUsage, err)
	}
	onTheirWay, followed := make(chan published, parley.DefaultMaxPending), make(chan error, 1)
	go func() { followed <- p.follow(onTheirWay) }()
	readErr := p.feed(ctx, publisher, onTheirWay)
	close(onTheirWay)
	closeErr := publisher.Close(ctx)
	err = <-followed
	if bad, ok := errors.AsType[*lineError](readErr); ok {
		p.failed.add(bad.number, false)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("gave up after --timeout: %w", ctx.Err())
	case err != nil:
		return err
	case readErr != nil:
		return readErr
	default:
		return closeErr
	}
}

// feed publishes line after line. It stops at the first that it cannot.
func (p *publication) feed(ctx context.Context, publisher *parley.Publisher, out chan<- published) error {
	for {
		line, err := p.in.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		message, err := p.command.message(line)
		if err == nil && message == nil {
			continue
		}
		var result *parley.Result
		fresh := !p.command.rerun && message.GetId() == p.command.id(line)
		if err == nil {
			result, err = publisher.Publish(ctx, message)
		}
		switch {
		case errors.Is(err, errInput), errors.Is(err, parley.ErrInvalidMessage):
			return &lineError{unit: p.in.unit, number: line.Number, err: err}
		case errors.Is(err, parley.ErrStopped):
			return nil // follow knows better why
		case err != nil:
			return err
		}
		out <- published{number: line.Number, end: line.End, fresh: fresh, result: result}
	}
}

// lineError is the error of a line that is no message.
type lineError struct {
	unit   string
	number int
	err    error
}

func (b *lineError) Error() string { return fmt.Sprintf("%s %d: %v", b.unit, b.number, b.err) }
func (b *lineError) Unwrap() error { return b.err }

// follow takes the outcome of each line in turn. It returns the first that is an
// error, after all others are known.
func (p *publication) follow(all <-chan published) error {
	var first error
	for one := range all {
		ack, err := one.result.Wait(context.Background()) // Close gives each one an outcome
		switch {
		case err == nil:
			// A duplicate of a fresh id was stored by an attempt without an answer.
			ack.Duplicate = ack.Duplicate && !one.fresh
			p.sum.add(ack)
			p.progress.Show(p.sum.stored+p.sum.duplicates, one.end)
			continue
		case first == nil:
			first = err
		}
		p.failed.add(one.number, errors.Is(err, parley.ErrOutcomeUnknown))
	}
	return first
}

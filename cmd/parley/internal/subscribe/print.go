package subscribe

import (
	"bufio"
	"fmt"
	"io"
	"iter"

	parley "github.com/parleyhq/parley/clients/go"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/position"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// printer prints what a subscription delivers and saves how far it is.
type printer struct {
	command  *Command
	template *render.Template // nil: the form of --output
	out      *bufio.Writer
	err      io.Writer
	done     *messagingv1.Cursor // after what was printed; nil: nothing was
}

func (c *Command) printer(std console.Streams) (*printer, error) {
	p := &printer{command: c, out: bufio.NewWriterSize(std.Out, 64<<10), err: std.Err}
	if c.Template == "" {
		return p, nil
	}
	var err error
	if p.template, err = render.ParseTemplate(c.Template); err != nil {
		return nil, fmt.Errorf("%w: --template: %w", outcome.ErrUsage, err)
	}
	return p, nil
}

// all prints batch after batch, each of them whole or up to the first error.
func (p *printer) all(batches iter.Seq2[parley.Batch, error]) error {
	for batch, err := range batches {
		if err != nil {
			return err
		}
		if err := p.batch(batch); err != nil {
			return err
		}
		p.done = batch.Cursor
		if p.command.CursorFile == "" {
			continue
		}
		if err := position.Save(p.command.CursorFile, p.command.Topic, batch.Cursor); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) batch(batch parley.Batch) error {
	if batch.Gap != nil {
		fmt.Fprintln(p.err, "parley: "+render.Gap(batch.Gap))
	}
	for _, message := range batch.Messages {
		if err := p.message(message, batch.Cursor.GetEpoch()); err != nil {
			return err
		}
	}
	return p.out.Flush()
}

func (p *printer) message(m *messagingv1.Message, epoch string) error {
	switch {
	case p.template != nil:
		return p.template.Execute(p.out, m, position.Format(&messagingv1.Cursor{Epoch: epoch, Sequence: m.GetSequence()}))
	case p.command.Output == render.Text:
		return p.command.Output.Print(p.out, render.Message(m), m)
	default:
		return p.command.Output.Print(p.out, "", m)
	}
}

package exchange

import (
	"fmt"
	"io"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/chat"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// chatPrinter prints a conversation: what is said goes to out, everything about it
// to err.
type chatPrinter struct {
	topic    string
	output   render.Output
	out, err io.Writer
}

var _ chat.Listener = (*chatPrinter)(nil)

func (p *chatPrinter) noticef(format string, values ...any) {
	fmt.Fprintf(p.err, "parley: "+format+"\n", values...)
}

func (p *chatPrinter) Joined(sequence uint64) {
	p.noticef("listening to %s, which ends at sequence %d", p.topic, sequence)
}

func (p *chatPrinter) Response(res *messagingv1.ExchangeResponse) error {
	if p.output == render.Text {
		return nil
	}
	return p.output.Print(p.out, "", res)
}

func (p *chatPrinter) Message(message *messagingv1.Message) error {
	if p.output != render.Text {
		return nil
	}
	name := render.Safe(message.GetKey())
	if name == "" {
		name = "(no name)"
	}
	_, err := fmt.Fprintf(p.out, "%s: %s\n", name, content(message))
	return err
}

// content returns what was said as one line.
func content(message *messagingv1.Message) string {
	switch payload := message.GetPayload().(type) {
	case *messagingv1.Message_Text:
		return render.Safe(payload.Text)
	case *messagingv1.Message_Data:
		return fmt.Sprintf("(%d bytes of data)", len(payload.Data))
	default:
		return "(content of a kind that this version does not know)"
	}
}

func (p *chatPrinter) Gap(gap *messagingv1.Gap) { p.noticef("%s", render.Gap(gap)) }

func (p *chatPrinter) Stored(_, sequence uint64) {
	if p.output == render.Text {
		fmt.Fprintf(p.err, "stored: sequence %d\n", sequence)
	}
}

func (p *chatPrinter) Refused(line uint64, err error) {
	p.noticef("line %d is not stored: %s", line, client.Explain(err))
}

func (p *chatPrinter) Postponed(line uint64, err error) {
	p.noticef("line %d is not stored yet (%s); it and those after it are sent again until they are", line, client.Explain(err).Message)
}

func (p *chatPrinter) Broken(err error, sequence uint64) {
	p.noticef("the stream has ended (%s); going on after sequence %d as soon as possible", client.Explain(err).Message, sequence)
}

func (p *chatPrinter) Resumed() { p.noticef("connected again") }

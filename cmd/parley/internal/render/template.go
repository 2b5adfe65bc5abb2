package render

import (
	"encoding/json"
	"fmt"
	"io"
	"text/template"
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// Template prints messages as its user wants them. It is safe for concurrent use.
type Template struct{ parsed *template.Template }

// Fields are what a template can name.
type Fields struct {
	Sequence   uint64
	Time       time.Time // of publishing, in UTC
	ID, Key    string
	Attributes map[string]string
	Text       string // the content, of data as the bytes are
	Data       []byte // nil if the content is text
	Cursor     string // the place after the message, as --from takes it
}

// ParseTemplate reads a Go template. It refuses one that names a field there is
// not. The function json writes a value as JSON.
func ParseTemplate(text string) (*Template, error) {
	parsed, err := template.New("message").Option("missingkey=zero").Funcs(template.FuncMap{"json": asJSON}).Parse(text)
	if err != nil {
		return nil, err
	}
	t := &Template{parsed: parsed}
	return t, t.Execute(io.Discard, &messagingv1.Message{}, "")
}

// Execute writes one message, raw: whatever it holds goes out as it is. A new line
// follows.
func (t *Template) Execute(out io.Writer, m *messagingv1.Message, cursor string) error {
	err := t.parsed.Execute(out, Fields{
		Sequence: m.GetSequence(), Time: m.GetPublishTime().AsTime(), ID: m.GetId(), Key: m.GetKey(),
		Attributes: m.GetAttributes(), Text: m.GetText() + string(m.GetData()), Data: m.GetData(), Cursor: cursor,
	})
	if err != nil {
		return fmt.Errorf("run the template: %w", err)
	}
	_, err = fmt.Fprintln(out)
	return err
}

func asJSON(value any) (string, error) {
	encoded, err := json.Marshal(value)
	return string(encoded), err
}

package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/lines"
	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// input is where the messages come from, one line each. Arguments count as lines.
type input struct {
	next  func(context.Context) (lines.Line, error)
	size  int64  // in the unit of Line.End; 0: not known
	unit  string // what a line is called: line or message
	close func()
}

// open returns the command's input.
func (c *Command) open(std console.Streams) (input, error) {
	switch {
	case len(c.Messages) > 0 && c.File != "":
		return input{}, fmt.Errorf("%w: give messages or --file, not both", outcome.ErrUsage)
	case len(c.Messages) > 0:
		return arguments(c.Messages), nil
	case c.File != "" && c.File != "-":
		file, err := os.Open(c.File)
		if err != nil {
			return input{}, fmt.Errorf("%w: %w", outcome.ErrUsage, err)
		}
		return source(file), nil
	case c.File == "" && console.IsTerminal(std.In):
		return input{}, fmt.Errorf("%w: nothing to publish: give messages, --file FILE, or pipe lines in; --file - reads from the terminal", outcome.ErrUsage)
	default:
		return source(std.In), nil
	}
}

func arguments(texts []string) input {
	number := 0
	return input{size: int64(len(texts)), unit: "message", close: func() {}, next: func(ctx context.Context) (lines.Line, error) {
		if number == len(texts) {
			return lines.Line{}, io.EOF
		}
		number++
		return lines.Line{Number: number, Text: texts[number-1], End: int64(number)}, ctx.Err()
	}}
}

// source reads lines. The size is known of what is a file, also behind a
// redirection.
func source(from io.Reader) input {
	size := int64(0)
	file, isFile := from.(*os.File)
	if isFile {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	reader := lines.NewReader(from)
	return input{size: size, unit: "line", next: reader.Next, close: func() {
		reader.Close()
		if isFile && file != os.Stdin {
			_ = file.Close() // it was only read
		}
	}}
}

var (
	errInput = errors.New("not a message in JSON")

	// place is how protojson says where it stopped. The line that it counts is that
	// of the message, and would be taken for that of the input.
	place = regexp.MustCompile(`^proto:\s*\x{a0}?\s*(?:syntax error )?\(line 1:(\d+)\): `)
)

// message makes a message of a line: nil for an empty line of JSON.
func (c *Command) message(line lines.Line) (*messagingv1.Message, error) {
	m := &messagingv1.Message{}
	switch {
	case c.Format == formatJSON && strings.TrimSpace(line.Text) == "":
		return nil, nil //nolint:nilnil // there is neither
	case c.Format == formatJSON:
		if err := protojson.Unmarshal([]byte(line.Text), m); err != nil {
			return nil, fmt.Errorf("%w: %s", errInput, place.ReplaceAllString(err.Error(), "column $1: "))
		}
	case utf8.ValidString(line.Text):
		m.Payload = &messagingv1.Message_Text{Text: line.Text}
	default:
		m.Payload = &messagingv1.Message_Data{Data: []byte(line.Text)}
	}
	if m.GetId() == "" {
		m.Id = c.id(line)
	}
	if m.GetKey() == "" {
		m.Key = c.Key
	}
	switch {
	case len(c.Attribute) > 0 && len(m.GetAttributes()) > 0:
		own := m.GetAttributes()
		m.Attributes = maps.Clone(c.Attribute)
		maps.Copy(m.GetAttributes(), own)
	case len(c.Attribute) > 0:
		m.Attributes = c.Attribute
	}
	return m, nil
}

// id is that of a line's message, unless it has one of its own.
func (c *Command) id(line lines.Line) string {
	return c.IDPrefix + "/" + strconv.Itoa(line.Number)
}

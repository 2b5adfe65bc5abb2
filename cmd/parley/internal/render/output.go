package render

import (
	"encoding/json"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Output is the form of results on standard output: [Text] or [JSON].
type Output string

// The forms of results.
const (
	Text Output = "text"
	JSON Output = "json"
)

// UnmarshalText accepts text and json.
func (o *Output) UnmarshalText(text []byte) error {
	switch value := Output(text); value {
	case Text, JSON:
		*o = value
		return nil
	default:
		return fmt.Errorf("output %q is unknown: use text or json", text)
	}
}

// Encode writes a value as one line of JSON.
func (Output) Encode(out io.Writer, value any) error { return json.NewEncoder(out).Encode(value) }

// Print writes one result: its text, or the whole message as one line of JSON.
// protojson varies its spacing on purpose; scripts get the compact form.
func (o Output) Print(out io.Writer, text string, message proto.Message) error {
	if o == Text {
		_, err := fmt.Fprintln(out, text)
		return err
	}
	encoded, err := protojson.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode the result as JSON: %w", err)
	}
	return o.Encode(out, json.RawMessage(encoded))
}

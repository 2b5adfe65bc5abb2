package excess

import (
	"bytes"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/parleyhq/parley/platform/codec/internal/jsonscan"
)

// JSON returns a request in Protobuf JSON without excess: with spaces in its place,
// so that an error in what follows has its line and column. Without excess that is
// data itself, which is never changed. It fails with a [Error] only: from where it is
// no JSON on, a text is left as it is.
func (l *Limits) JSON(data []byte, desc protoreflect.MessageDescriptor) ([]byte, error) {
	if len(data) < from {
		return data, nil
	}
	request := l.of(desc)
	if request.fewest == 0 || commas(data) < request.fewest {
		return data, nil
	}
	c := &jsonCutter{limits: l, scanner: jsonscan.New(data), data: data, rest: data}
	c.message(request, l.depth)
	return c.rest, c.err
}

type jsonCutter struct {
	limits  *Limits
	scanner *jsonscan.Scanner
	data    []byte
	rest    []byte // data, or a copy of it from the first excess on
	err     error
}

// message steps over a message that may nest so many more, as the scanner does.
func (c *jsonCutter) message(m *message, depth int) bool {
	if c.scanner.Peek() != '{' || depth == 0 {
		return c.scanner.Skip()
	}
	return c.scanner.Object(func(name string) bool {
		desc := Field(m.desc, name)
		if desc == nil {
			return c.scanner.Skip()
		}
		f := m.fields[desc.Number()]
		switch {
		case f == nil || f.limit == 0 && f.child == nil:
			return c.scanner.Skip()
		case f.mask && !f.desc.IsList():
			return c.mask()
		case f.desc.IsList():
			return c.list(f, depth)
		default:
			return c.message(c.limits.of(f.child), depth-1)
		}
	})
}

// Field returns the field that a name in JSON stands for, or nil.
func Field(desc protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if field := desc.Fields().ByJSONName(name); field != nil {
		return field
	}
	return desc.Fields().ByTextName(name)
}

func (c *jsonCutter) list(f *field, depth int) bool {
	if c.scanner.Peek() != '[' {
		return c.scanner.Skip()
	}
	var begin, end int // of the excess
	whole := c.scanner.Array(func(index int) bool {
		if index == f.limit && f.limit > 0 {
			begin = c.scanner.Pos() - 1 // the comma before it
		}
		var ok bool
		if f.child != nil && begin == 0 {
			ok = c.message(c.limits.of(f.child), depth-1)
		} else {
			ok = c.scanner.Skip()
		}
		if ok {
			end = c.scanner.Pos()
		}
		return ok
	})
	if begin > 0 && begin < end {
		c.blank(begin, end)
	}
	return whole
}

// blank writes spaces over a part of the text. Its lines stay.
func (c *jsonCutter) blank(begin, end int) {
	if &c.rest[0] == &c.data[0] {
		c.rest = bytes.Clone(c.data)
	}
	for i, b := range c.rest[begin:end] {
		if b != '\n' {
			c.rest[begin+i] = ' '
		}
	}
}

// mask steps over a field mask, which is a string with commas between its paths.
func (c *jsonCutter) mask() bool {
	if c.scanner.Peek() != '"' {
		return c.scanner.Skip()
	}
	raw, ok := c.scanner.String()
	if commas(raw) >= MaxPaths {
		c.err = errPaths
	}
	return ok && c.err == nil
}

// commas counts commas, also those written with an escape. A list has one between two
// elements.
func commas(text []byte) int {
	return bytes.Count(text, []byte(",")) + bytes.Count(text, []byte(`\u002c`)) + bytes.Count(text, []byte(`\u002C`))
}

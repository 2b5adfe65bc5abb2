package excess

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Binary returns a request in the binary encoding without excess. Without excess that
// is data itself, which is never changed. It fails with a [Error] only: from where it is
// no encoding on, it is left as it is.
func (l *Limits) Binary(data []byte, desc protoreflect.MessageDescriptor) ([]byte, error) {
	if len(data) < from {
		return data, nil
	}
	request := l.of(desc)
	if len(request.fields) == 0 {
		return data, nil
	}
	c := &binaryCutter{limits: l}
	short := c.message(data, request, newPlace(), l.depth)
	if !c.cut {
		short = data
	}
	return short, c.err
}

type binaryCutter struct {
	limits   *Limits
	switches int
	cut      bool
	err      error
}

// place is what a message has had so far. A message that is not an element of a list
// may come in several parts, which are merged.
type place struct {
	elements map[protowire.Number]int    // of lists
	parts    map[protowire.Number]*place // of messages
	members  map[int]protowire.Number    // the newest of each oneof
}

func newPlace() *place {
	return &place{make(map[protowire.Number]int), make(map[protowire.Number]*place), make(map[int]protowire.Number)}
}

// enter notes a field. A member of a oneof ends what another one has had.
func (c *binaryCutter) enter(at *place, f *field) {
	oneof, number := f.desc.ContainingOneof(), f.desc.Number()
	if oneof == nil || at.members[oneof.Index()] == number {
		return
	}
	if before, ok := at.members[oneof.Index()]; ok {
		delete(at.parts, before)
		if c.switches++; c.switches > MaxSwitches {
			c.err = errSwitches
		}
	}
	at.members[oneof.Index()] = number
}

// part returns the place of a message in a field.
func (p *place) part(f *field) *place {
	if f.desc.IsList() {
		return newPlace()
	}
	if p.parts[f.desc.Number()] == nil {
		p.parts[f.desc.Number()] = newPlace()
	}
	return p.parts[f.desc.Number()]
}

// message returns a copy of a message that may nest so many more, without excess.
func (c *binaryCutter) message(data []byte, m *message, at *place, depth int) []byte {
	short := make([]byte, 0, len(data))
	for len(data) > 0 && c.err == nil {
		number, kind, n := protowire.ConsumeField(data)
		if n < 0 || depth == 0 {
			return append(short, data...)
		}
		encoded := data[:n]
		data = data[n:]
		f := m.fields[number]
		if f != nil {
			c.enter(at, f)
		}
		switch {
		case f == nil || kind != protowire.BytesType:
			short = append(short, encoded...)
		case f.limit > 0 && at.elements[number] == f.limit:
			c.cut = true
			if m.desc.FullName() == maskName {
				c.err = errPaths
			}
		case f.child == nil:
			at.elements[number]++
			short = append(short, encoded...)
		default:
			at.elements[number]++
			_, _, tag := protowire.ConsumeTag(encoded)
			value, _ := protowire.ConsumeBytes(encoded[tag:])
			short = append(short, encoded[:tag]...)
			short = protowire.AppendBytes(short, c.message(value, c.limits.of(f.child), at.part(f), depth-1))
		}
	}
	return short
}

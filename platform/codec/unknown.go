package codec

import (
	"errors"
	"fmt"
	"sync"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

var errWireType = errors.New("wrong wire type")

// unknownFinder looks for unknown fields in decoded messages. It caches, per
// message type, the fields that hold messages: only those are descended into,
// so that checking a batch of flat messages costs one look at each.
type unknownFinder struct {
	nested sync.Map // protoreflect.MessageDescriptor -> []protoreflect.FieldDescriptor
}

func (f *unknownFinder) nestedFields(desc protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	if cached, ok := f.nested.Load(desc); ok {
		fields, _ := cached.([]protoreflect.FieldDescriptor)
		return fields
	}
	var fields []protoreflect.FieldDescriptor
	for i := range desc.Fields().Len() {
		field := desc.Fields().Get(i)
		value := field
		if field.IsMap() {
			value = field.MapValue()
		}
		if value.Message() != nil {
			fields = append(fields, field)
		}
	}
	f.nested.Store(desc, fields)
	return fields
}

// check returns an [UnknownFieldError] for the first unknown field of a decoded
// message, or nil. The decoder also leaves among the unknown fields a known one
// whose wire type is not that of its schema: that is a [MalformedError].
func (f *unknownFinder) check(message protoreflect.Message) error {
	found := f.find(message)
	switch {
	case found == nil:
		return nil
	case found.known:
		return malformed(connect.CodecNameProto, found.message.Interface(),
			fmt.Errorf("field %s: %w %d", found.path, errWireType, found.wireType))
	default:
		return &UnknownFieldError{Path: found.path, Message: string(found.message.Descriptor().FullName())}
	}
}

// finding is a field that its message does not have, or not with this wire type.
// Its path is put together on the way out: there is one only where there is an error.
type finding struct {
	message  protoreflect.Message
	path     string
	known    bool
	wireType protowire.Type
}

func (f *finding) in(element string) *finding {
	f.path = join(element, f.path)
	return f
}

func (f *unknownFinder) find(message protoreflect.Message) *finding {
	if unknown := message.GetUnknown(); len(unknown) > 0 {
		number, wireType, _ := protowire.ConsumeTag(unknown)
		if field := message.Descriptor().Fields().ByNumber(number); field != nil {
			return &finding{message, string(field.Name()), true, wireType}
		}
		return &finding{message, fmt.Sprint(number), false, wireType}
	}
	for _, field := range f.nestedFields(message.Descriptor()) {
		if !message.Has(field) {
			continue
		}
		if found := f.findIn(message.Get(field), field); found != nil {
			return found
		}
	}
	return nil
}

func (f *unknownFinder) findIn(value protoreflect.Value, field protoreflect.FieldDescriptor) (found *finding) {
	switch {
	case field.IsList():
		list := value.List()
		for i := range list.Len() {
			if found := f.find(list.Get(i).Message()); found != nil {
				return found.in(fmt.Sprintf("%s[%d]", field.Name(), i))
			}
		}
	case field.IsMap():
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			if found = f.find(value.Message()); found != nil {
				found.in(entry(field, key.String()))
			}
			return found == nil
		})
	default:
		if found := f.find(value.Message()); found != nil {
			return found.in(string(field.Name()))
		}
	}
	return found
}

func join(path, element string) string {
	if path == "" {
		return element
	}
	return path + "." + element
}

// entry is the element of a path that leads to an entry of a map.
func entry(field protoreflect.FieldDescriptor, key string) string {
	return fmt.Sprintf("%s[%q]", field.Name(), clip(key, maxName))
}

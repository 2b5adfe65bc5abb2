package codec

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/parleyhq/parley/platform/codec/internal/excess"
	"github.com/parleyhq/parley/platform/codec/internal/jsonscan"
)

// findUnknownJSON names the first unknown field of a JSON object that decodes
// once unknown fields are ignored, in the order of names.
func findUnknownJSON(data []byte, desc protoreflect.MessageDescriptor) error {
	finder := jsonFinder{jsonscan.New(data)}
	if found := finder.message(desc); found != nil {
		return found
	}
	return nil
}

// jsonFinder steps over values and returns the first unknown field in them. Its path
// is put together on the way out.
type jsonFinder struct{ *jsonscan.Scanner }

func (f jsonFinder) message(desc protoreflect.MessageDescriptor) *UnknownFieldError {
	if isWellKnown(desc) {
		f.Skip()
		return nil
	}
	return f.object(func(name string) *UnknownFieldError {
		field := excess.Field(desc, name)
		if field == nil {
			f.Skip()
			return &UnknownFieldError{Path: clip(name, maxName), Message: string(desc.FullName())}
		}
		return f.field(field)
	})
}

// object returns what was found under the name that is first in order.
func (f jsonFinder) object(entry func(name string) *UnknownFieldError) (first *UnknownFieldError) {
	if f.Peek() != '{' {
		f.Skip()
		return nil
	}
	lead := ""
	f.Object(func(name string) bool {
		if first != nil && name >= lead {
			return f.Skip()
		}
		if found := entry(name); found != nil {
			first, lead = found, name
		}
		return true
	})
	return first
}

func (f jsonFinder) field(field protoreflect.FieldDescriptor) (first *UnknownFieldError) {
	switch {
	case field.IsMap() && field.MapValue().Message() != nil:
		return f.object(func(name string) *UnknownFieldError {
			return f.message(field.MapValue().Message()).in(entry(field, name))
		})
	case field.IsMap() || field.Message() == nil:
		f.Skip()
		return nil
	case field.IsList() && f.Peek() == '[':
		f.Array(func(index int) bool {
			if first != nil {
				return f.Skip()
			}
			first = f.message(field.Message()).in(fmt.Sprintf("%s[%d]", field.Name(), index))
			return true
		})
		return first
	default:
		return f.message(field.Message()).in(string(field.Name()))
	}
}

// in puts the element that leads to the field before its path.
func (e *UnknownFieldError) in(element string) *UnknownFieldError {
	if e != nil {
		e.Path = join(element, e.Path)
	}
	return e
}

// isWellKnown reports types whose JSON form is not an object of their fields.
func isWellKnown(desc protoreflect.MessageDescriptor) bool {
	switch desc.ParentFile().Path() {
	case "google/protobuf/any.proto", "google/protobuf/duration.proto", "google/protobuf/field_mask.proto",
		"google/protobuf/struct.proto", "google/protobuf/timestamp.proto", "google/protobuf/wrappers.proto":
		return true
	default:
		return false
	}
}

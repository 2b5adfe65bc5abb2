package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// wellKnown is where the documentation of google.protobuf is.
const wellKnown = "https://protobuf.dev/reference/protobuf/google.protobuf/#"

// messages writes messages and what they declare inside.
func (p *page) messages(messages protoreflect.MessageDescriptors) {
	for message := range each(messages) {
		if message.IsMapEntry() {
			continue // a map field shows it
		}
		p.message(message)
		p.messages(message.Messages())
		p.enums(message.Enums())
	}
}

func (p *page) enums(enums protoreflect.EnumDescriptors) {
	for enum := range each(enums) {
		p.printf("\n### %s%s\n\nEnum. %s\n\n", anchor(enum), title(enum), comment(enum))
		for value := range each(enum.Values()) {
			p.printf("- %s**%s** = %d\n%s", anchor(value), value.Name(), value.Number(), nested(1, comment(value)))
		}
	}
}

func (p *page) message(message protoreflect.MessageDescriptor) {
	p.printf("\n### %s%s\n\n%s\n", anchor(message), title(message), comment(message))
	for _, rule := range rules(message, "message") {
		p.printf("\nThe whole message: %s\n", rule)
	}
	if message.Fields().Len() > 0 {
		p.printf("\n")
	}
	for field := range each(message.Fields()) {
		oneof := field.ContainingOneof()
		if oneof == nil || oneof.IsSynthetic() {
			p.field(0, field)
		} else if oneof.Fields().Get(0) == field { // at its first field, all of it
			p.oneof(oneof)
		}
	}
}

func (p *page) oneof(oneof protoreflect.OneofDescriptor) {
	p.printf("- %s**%s**, at most one of these%s:\n%s", anchor(oneof), oneof.Name(), ruled(rules(oneof, "oneof")), nested(1, comment(oneof)))
	for field := range each(oneof.Fields()) {
		p.field(1, field)
	}
}

// field writes an item of a list, at a depth.
func (p *page) field(depth int, field protoreflect.FieldDescriptor) {
	p.printf("%s- %s**%s** %s = %d%s\n%s", strings.Repeat("  ", depth), anchor(field), field.Name(),
		fieldType(field), field.Number(), ruled(rules(field, "field")), nested(depth+1, comment(field)))
}

func ruled(rules []string) string {
	if len(rules) == 0 {
		return ""
	}
	return " (" + strings.Join(rules, "; ") + ")"
}

func fieldType(field protoreflect.FieldDescriptor) string {
	switch {
	case field.IsMap():
		return fmt.Sprintf("map of %s to %s", single(field.MapKey()), single(field.MapValue()))
	case field.IsList():
		return "repeated " + single(field)
	case field.HasOptionalKeyword():
		return "optional " + single(field)
	default:
		return single(field)
	}
}

func single(field protoreflect.FieldDescriptor) string {
	var named protoreflect.Descriptor
	switch field.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		named = field.Message()
	case protoreflect.EnumKind:
		named = field.Enum()
	default:
		return "`" + field.Kind().String() + "`"
	}
	if !strings.HasPrefix(string(named.FullName()), ours) {
		return fmt.Sprintf("[%s](%s%s)", named.FullName(), wellKnown, kebab(string(named.Name())))
	}
	return link(named)
}

// kebab turns FieldMask into field-mask.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

// nested indents a comment so that it belongs to its item of a list.
func nested(depth int, text string) string {
	if text == "" {
		return ""
	}
	indent := strings.Repeat("  ", depth)
	var b strings.Builder
	b.WriteString("\n")
	for line := range strings.Lines(text + "\n") {
		if line != "\n" {
			b.WriteString(indent)
		}
		b.WriteString(line)
	}
	b.WriteString("\n")
	return b.String()
}

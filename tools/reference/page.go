package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const header = `<!-- Generated from proto/ by "go tool task generate". Do not edit. -->
# Reference of the contract

Every service, message and enum of [` + "`proto/`" + `](../proto), in the words of the
schema's own comments. [Messaging: concepts and guarantees](messaging.md) explains
how they belong together.

A field is shown as **name** ` + "`type`" + ` = number, then its rules. A request that
breaks a rule is refused with INVALID_ARGUMENT, reason
[` + "`INVALID_FIELD`" + `](#parley.error.v1.REASON_INVALID_FIELD); rules never apply to
responses. Over HTTP, a method's path is ` + "`/package.Service/Method`" + `.
`

// page writes the reference.
type page struct {
	out      *bytes.Buffer
	packages []*schemaPackage
	reasons  map[string]protoreflect.FullName // anchors of the reasons of errors
}

func newPage(out *bytes.Buffer, packages []*schemaPackage) *page {
	p := &page{out: out, packages: packages, reasons: map[string]protoreflect.FullName{}}
	for _, pkg := range packages {
		for _, file := range pkg.files {
			for enum := range each(file.Enums()) {
				if enum.FullName() == "parley.error.v1.Reason" {
					for value := range each(enum.Values()) {
						p.reasons[strings.TrimPrefix(string(value.Name()), "REASON_")] = value.FullName()
					}
				}
			}
		}
	}
	return p
}

func (p *page) printf(format string, arguments ...any) { fmt.Fprintf(p.out, format, arguments...) }

func (p *page) write() {
	p.printf("%s", header)
	for _, pkg := range p.packages {
		p.contents(pkg)
	}
	for _, pkg := range p.packages {
		p.printf("\n## <a id=\"%s\"></a>%s\n", pkg.name, pkg.name)
		seen := map[string]bool{}
		for _, file := range pkg.files {
			if text := packageComment(file); !seen[text] {
				seen[text] = true
				p.printf("\n%s\n", text)
			}
		}
		for _, file := range pkg.files {
			for service := range each(file.Services()) {
				p.service(service)
			}
		}
		for _, file := range pkg.files {
			p.messages(file.Messages())
			p.enums(file.Enums())
		}
	}
}

// contents lists what a package has.
func (p *page) contents(pkg *schemaPackage) {
	p.printf("\n**[%s](#%s)**\n", pkg.name, pkg.name)
	var messages, enums []string
	for _, file := range pkg.files {
		for service := range each(file.Services()) {
			var methods []string
			for method := range each(service.Methods()) {
				methods = append(methods, link(method))
			}
			p.printf("- %s: %s\n", link(service), strings.Join(methods, ", "))
		}
		for message := range each(file.Messages()) {
			messages = append(messages, link(message))
		}
		for enum := range each(file.Enums()) {
			enums = append(enums, link(enum))
		}
	}
	if len(messages) > 0 {
		p.printf("- Messages: %s\n", strings.Join(messages, ", "))
	}
	if len(enums) > 0 {
		p.printf("- Enums: %s\n", strings.Join(enums, ", "))
	}
}

func (p *page) service(service protoreflect.ServiceDescriptor) {
	p.printf("\n### %s%s\n\n%s\n", anchor(service), service.Name(), comment(service))
	p.named(comment(service))
	for method := range each(service.Methods()) {
		p.printf("\n#### %s%s\n\n", anchor(method), method.Name())
		p.printf("%s: %s → %s%s\n\n%s\n", shape(method), streamed(method.IsStreamingClient(), method.Input()),
			streamed(method.IsStreamingServer(), method.Output()), idempotency(method), comment(method))
		p.named(comment(method))
	}
}

// named links the reasons that a comment names, in its order.
func (p *page) named(text string) {
	var links []string
	seen := map[string]bool{}
	for _, word := range regexp.MustCompile(`\b[A-Z][A-Z_]+\b`).FindAllString(text, -1) {
		if target, ok := p.reasons[word]; ok && !seen[word] {
			seen[word] = true
			links = append(links, fmt.Sprintf("[`%s`](#%s)", word, target))
		}
	}
	if len(links) > 0 {
		p.printf("\nReasons named: %s\n", strings.Join(links, ", "))
	}
}

func shape(method protoreflect.MethodDescriptor) string {
	switch {
	case method.IsStreamingClient() && method.IsStreamingServer():
		return "Bidirectional streaming"
	case method.IsStreamingClient():
		return "Client streaming"
	case method.IsStreamingServer():
		return "Server streaming"
	default:
		return "Unary"
	}
}

func streamed(stream bool, message protoreflect.MessageDescriptor) string {
	if stream {
		return "stream of " + link(message)
	}
	return link(message)
}

func idempotency(method protoreflect.MethodDescriptor) string {
	options, _ := method.Options().(*descriptorpb.MethodOptions)
	switch options.GetIdempotencyLevel() {
	case descriptorpb.MethodOptions_NO_SIDE_EFFECTS:
		return " (no side effects: Connect clients may use HTTP GET)"
	case descriptorpb.MethodOptions_IDEMPOTENT:
		return " (idempotent)"
	default:
		return ""
	}
}

// anchor is a target for links that keeps apart what has one name in two packages.
func anchor(d protoreflect.Descriptor) string { return fmt.Sprintf(`<a id="%s"></a>`, d.FullName()) }

func link(d protoreflect.Descriptor) string { return fmt.Sprintf("[%s](#%s)", title(d), d.FullName()) }

// title is the name within the package or, of a method, within its service.
func title(d protoreflect.Descriptor) string {
	if _, ok := d.(protoreflect.MethodDescriptor); ok {
		return string(d.Name())
	}
	return strings.TrimPrefix(string(d.FullName()), string(d.ParentFile().Package())+".")
}

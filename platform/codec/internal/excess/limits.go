package excess

import (
	"sync"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	// MaxPaths is how many paths a field mask may have. Masks have no rules in the
	// schema.
	MaxPaths = 4096
	// MaxSwitches is how often a request may set a member of a oneof over another one.
	// No library writes that, and each time costs what was there before.
	MaxSwitches = 1000

	// from is the size in bytes from which requests are looked at. A smaller one
	// cannot have much more than any list may have.
	from = 4 << 10

	maskName = "google.protobuf.FieldMask"

	errPaths    Error = "a field mask has more than 4096 paths"
	errSwitches Error = "more than 1000 times a field of a oneof replaces another one"
)

// Error reports a request that is not to be decoded at all. The text is safe to show
// to the caller.
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

// Limits knows what lists of which messages may have. It reads a schema once. It is
// safe for concurrent use.
type Limits struct {
	depth int
	known sync.Map // protoreflect.MessageDescriptor -> *message
}

// New returns limits for requests in which messages nest at most so deep. What is
// deeper is left as it is: decoding it has to fail.
func New(depth int) *Limits { return &Limits{depth: depth} }

// message is what is to be looked at in messages of one type. It is empty for most.
type message struct {
	desc   protoreflect.MessageDescriptor
	fields map[protowire.Number]*field
	fewest int // the smallest limit of a list in it, however deep; 0 is none
}

// field is a list with a limit, a member of a oneof with messages, or a field with
// messages that have one of these somewhere.
type field struct {
	desc  protoreflect.FieldDescriptor
	limit int // elements to leave; 0 is no limit
	mask  bool
	child protoreflect.MessageDescriptor // nil unless there is something to look at
}

// of returns what is to be looked at in a type of messages.
func (l *Limits) of(desc protoreflect.MessageDescriptor) *message {
	if known, ok := l.known.Load(desc); ok {
		m, _ := known.(*message)
		return m
	}
	m := &message{desc: desc, fields: make(map[protowire.Number]*field)}
	_, m.fewest = survey(desc, make(map[protoreflect.FullName]bool))
	for i := range desc.Fields().Len() {
		f := newField(desc.Fields().Get(i))
		if f.limit > 0 || f.mask || f.child != nil || holdsMessage(f.desc.ContainingOneof()) {
			m.fields[f.desc.Number()] = f
		}
	}
	l.known.Store(desc, m)
	return m
}

func newField(desc protoreflect.FieldDescriptor) *field {
	f := &field{desc: desc}
	if desc.IsMap() {
		return f
	}
	f.limit = limitOf(desc)
	if nested := desc.Message(); nested != nil {
		f.mask = nested.FullName() == maskName
		if bounded, _ := survey(nested, make(map[protoreflect.FullName]bool)); bounded {
			f.child = nested
		}
	}
	return f
}

// limitOf returns how many elements of a list are to be left, 0 for all.
func limitOf(desc protoreflect.FieldDescriptor) int {
	if !desc.IsList() {
		return 0
	}
	if desc.Parent().FullName() == maskName {
		return MaxPaths
	}
	rules, err := protovalidate.ResolveFieldRules(desc)
	if err != nil || !rules.GetRepeated().HasMaxItems() {
		return 0
	}
	return int(min(rules.GetRepeated().GetMaxItems(), 1<<30)) + 1
}

// survey reports whether there is something to look at in a message, however deep,
// and the smallest limit of a list in it.
func survey(desc protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) (bounded bool, fewest int) {
	if seen[desc.FullName()] {
		return false, 0
	}
	seen[desc.FullName()] = true
	for i := range desc.Fields().Len() {
		f := desc.Fields().Get(i)
		limit := limitOf(f)
		bounded = bounded || limit > 0 || holdsMessage(f.ContainingOneof())
		if !f.IsMap() && f.Message() != nil {
			nested, smallest := survey(f.Message(), seen)
			bounded = bounded || nested
			limit = lesser(limit, smallest)
		}
		fewest = lesser(fewest, limit)
	}
	return bounded, fewest
}

// lesser returns the smaller of two limits. 0 is none.
func lesser(a, b int) int {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// holdsMessage reports whether a oneof, which may be nil, has a message among its
// members.
func holdsMessage(oneof protoreflect.OneofDescriptor) bool {
	for i := 0; oneof != nil && i < oneof.Fields().Len(); i++ {
		if oneof.Fields().Get(i).Message() != nil {
			return true
		}
	}
	return false
}

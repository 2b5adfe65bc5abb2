package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// rules returns the rules of protovalidate that an option of an element holds, in
// words. The option is field, message or oneof.
func rules(d protoreflect.Descriptor, option protoreflect.Name) []string {
	var found []string
	d.Options().ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.IsExtension() && field.FullName() == protoreflect.FullName("buf.validate").Append(option) {
			found = phrases(value.Message())
		}
		return true
	})
	return found
}

// phrases puts the rules that are set into words, in the order in which
// protovalidate declares them; those in CEL, which are long, come last.
func phrases(set protoreflect.Message) []string {
	var all, last []string
	for rule := range each(set.Descriptor().Fields()) {
		switch {
		case !set.Has(rule):
		case rule.Name() == "cel" && rule.IsList():
			last = expressions(set.Get(rule).List())
		default:
			all = append(all, phrase(rule, set.Get(rule))...)
		}
	}
	all = joined(all)
	for i := range all {
		all[i] = singular.Replace(all[i])
	}
	return append(all, last...)
}

var singular = strings.NewReplacer(" 1 bytes", " 1 byte", " 1 characters", " 1 character", " 1 items", " 1 item", " 1 entries", " 1 entry")

// bound matches one end of a range: the words before it, which end, where it is,
// and its unit.
var bound = regexp.MustCompile(`^(.*)at (least|most) (\S+)(.*)$`)

// joined turns "at least 1 s" and "at most 300 s", in either order, into "1 to
// 300 s".
func joined(phrases []string) []string {
	var all []string
	for _, phrase := range phrases {
		this := bound.FindStringSubmatch(phrase)
		if this != nil && len(all) > 0 {
			before := bound.FindStringSubmatch(all[len(all)-1])
			if before != nil && before[1] == this[1] && before[4] == this[4] && before[2] != this[2] {
				if this[2] == "least" {
					before, this = this, before
				}
				all[len(all)-1] = before[1] + before[3] + " to " + this[3] + this[4]
				continue
			}
		}
		all = append(all, phrase)
	}
	return all
}

// forms are the words for rules. What is not here goes by its name and value.
var forms = map[protoreflect.Name]string{
	"const":        "always %s",
	"gt":           "more than %s",
	"gte":          "at least %s",
	"lt":           "less than %s",
	"lte":          "at most %s",
	"min_bytes":    "at least %s bytes",
	"max_bytes":    "at most %s bytes",
	"min_len":      "at least %s characters",
	"max_len":      "at most %s characters",
	"pattern":      "matches `%s`",
	"min_items":    "at least %s items",
	"max_items":    "at most %s items",
	"min_pairs":    "at least %s entries",
	"max_pairs":    "at most %s entries",
	"unique":       "no item twice",
	"defined_only": "a value that the server knows",
}

// parts are the words before the rules for parts of a field.
var parts = map[protoreflect.Name]string{"items": "each item ", "keys": "names ", "values": "values "}

func phrase(rule protoreflect.FieldDescriptor, value protoreflect.Value) []string {
	switch {
	case rule.Name() == "ignore" && value.Enum() == 1: // IGNORE_IF_ZERO_VALUE
		return []string{"checked if it is set"}
	case rule.Name() == "ignore" && value.Enum() == 3: // IGNORE_ALWAYS
		return []string{"its own rules are checked later"}
	case rule.Kind() == protoreflect.MessageKind && !rule.IsList() && strings.HasSuffix(string(rule.Message().Name()), "Rules"):
		all := phrases(value.Message()) // of a type, or of a part
		for i := range all {
			all[i] = parts[rule.Name()] + all[i]
		}
		return all
	}
	form, known := forms[rule.Name()]
	switch {
	case !known && rule.Kind() == protoreflect.BoolKind && value.Bool(): // as in required
		return []string{strings.ReplaceAll(string(rule.Name()), "_", " ")}
	case !known:
		form = strings.ReplaceAll(string(rule.Name()), "_", " ") + " %s"
	case !strings.Contains(form, "%s"):
		return []string{form}
	}
	return []string{fmt.Sprintf(form, show(rule, value))}
}

// expressions returns the words that rules in CEL carry themselves.
func expressions(list protoreflect.List) []string {
	var all []string
	for i := range list.Len() {
		cel := list.Get(i).Message()
		text := func(name protoreflect.Name) string { return cel.Get(cel.Descriptor().Fields().ByName(name)).String() }
		all = append(all, fmt.Sprintf("rule `%s`: %s", text("id"), text("message")))
	}
	return all
}

func show(rule protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if rule.IsList() {
		var all []string
		for i := range value.List().Len() {
			all = append(all, thousands(value.List().Get(i).String()))
		}
		return strings.Join(all, ", ")
	}
	if rule.Kind() != protoreflect.MessageKind || rule.Message().FullName() != "google.protobuf.Duration" {
		return thousands(value.String())
	}
	duration, fields := value.Message(), rule.Message().Fields()
	seconds := time.Duration(duration.Get(fields.ByName("seconds")).Int()) * time.Second
	whole := seconds + time.Duration(duration.Get(fields.ByName("nanos")).Int())
	return thousands(strconv.FormatFloat(whole.Seconds(), 'f', -1, 64)) + " s"
}

// thousands groups the digits of a whole number and leaves anything else alone.
func thousands(text string) string {
	if _, err := strconv.ParseUint(text, 10, 64); err != nil {
		return text
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

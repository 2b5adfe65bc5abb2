package topics

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
	"github.com/parleyhq/parley/cmd/parley/internal/quantity"
)

// definition holds the flags that define a topic. A variable in the environment
// would define every topic alike, and PARLEY_MAX_MESSAGE_BYTES is the server's.
type definition struct {
	Label           map[string]string `env:"-" mapsep:"none" help:"A label, NAME=VALUE. May be repeated." placeholder:"NAME=VALUE"`
	MaxAge          *quantity.Period  `env:"-" help:"Remove messages after this long, such as 24h, 7d or 2w." placeholder:"DURATION"`
	MaxBytes        *quantity.Bytes   `env:"-" help:"Remove the oldest messages above this size, such as 10GiB." placeholder:"SIZE"`
	MaxMessages     *uint64           `env:"-" help:"Remove the oldest messages above this number." placeholder:"N"`
	MaxMessageBytes *quantity.Bytes   `env:"-" help:"The largest message accepted, up to 3MiB. The default is 1MiB." placeholder:"SIZE"`
	DedupWindow     *quantity.Period  `env:"-" help:"How long ids are remembered, up to 24h. The default is 10m; 0s turns it off: then a retry can store a message twice." placeholder:"DURATION"`
}

// fieldPaths are the paths of the update mask by the names of the flags.
var fieldPaths = map[string]string{
	"label":             "labels",
	"max-age":           "retention.max_age",
	"max-bytes":         "retention.max_bytes",
	"max-messages":      "retention.max_messages",
	"max-message-bytes": "max_message_bytes",
	"dedup-window":      "deduplication_window",
}

// topic returns the definition the flags give, and the names of those given.
func (d definition) topic(name string) (topic *messagingv1.Topic, given []string, err error) {
	topic = &messagingv1.Topic{Name: name}
	retention := &messagingv1.Retention{}
	set := func(flag string, is bool, apply func()) {
		if is {
			given = append(given, flag)
			apply()
		}
	}
	set("label", d.Label != nil, func() { topic.Labels = d.Label })
	set("max-age", d.MaxAge != nil, func() { retention.MaxAge = durationpb.New(time.Duration(*d.MaxAge)) })
	set("max-bytes", d.MaxBytes != nil, func() { retention.MaxBytes = uint64(*d.MaxBytes) })
	set("max-messages", d.MaxMessages != nil, func() { retention.MaxMessages = *d.MaxMessages })
	set("max-message-bytes", d.MaxMessageBytes != nil, func() {
		topic.MaxMessageBytes = uint32(min(*d.MaxMessageBytes, math.MaxUint32)) // the server names its limit
	})
	set("dedup-window", d.DedupWindow != nil, func() { topic.DeduplicationWindow = durationpb.New(time.Duration(*d.DedupWindow)) })
	for _, flag := range given {
		if flag == "max-age" || flag == "max-bytes" || flag == "max-messages" {
			topic.Retention = retention
		}
	}
	for _, zero := range []struct {
		flag string
		is   bool
	}{
		{"max-bytes", d.MaxBytes != nil && *d.MaxBytes == 0},
		{"max-messages", d.MaxMessages != nil && *d.MaxMessages == 0},
		{"max-message-bytes", d.MaxMessageBytes != nil && *d.MaxMessageBytes == 0},
	} {
		if zero.is { // on the wire it would mean the default
			return nil, nil, fmt.Errorf("%w: --%s must be at least 1", outcome.ErrUsage, zero.flag)
		}
	}
	return topic, given, nil
}

// mask returns the paths of an update that sets the given flags and returns the
// cleared ones to their defaults.
func mask(given, cleared []string) ([]string, error) {
	var paths []string
	for _, flag := range given {
		if slices.Contains(cleared, flag) {
			return nil, fmt.Errorf("%w: --%s is given and cleared", outcome.ErrUsage, flag)
		}
		paths = append(paths, fieldPaths[flag])
	}
	for _, flag := range cleared {
		path, ok := fieldPaths[flag]
		if !ok {
			return nil, fmt.Errorf("%w: --clear %s is unknown: use label, max-age, max-bytes, max-messages, max-message-bytes or dedup-window", outcome.ErrUsage, flag)
		}
		paths = append(paths, path)
	}
	if paths == nil {
		return nil, fmt.Errorf("%w: nothing to change: give a flag such as --max-age 7d, or --clear max-age", outcome.ErrUsage)
	}
	return paths, nil
}

// inWords puts what the server says about a definition into words.
func inWords(field client.FieldViolation) string {
	if label, ok := strings.CutPrefix(field.Field, "topic."+fieldPaths["label"]); ok {
		return fmt.Sprintf("--label %s is refused: a name has 1 to 63 small letters, digits, '.', '_', '/' and '-', with a letter or a digit first; a value has at most 256 bytes; a topic has at most 64 labels",
			strings.Trim(label, "[]"))
	}
	for flag, path := range fieldPaths {
		if field.Field == "topic."+path {
			return fmt.Sprintf("--%s: %s", flag, field.Description)
		}
	}
	return ""
}

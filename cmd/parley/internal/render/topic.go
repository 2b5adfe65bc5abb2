package render

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"

	"github.com/parleyhq/parley/cmd/parley/internal/quantity"
)

// Topic writes everything about one topic, a fact a line.
func Topic(out io.Writer, t *messagingv1.Topic) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "name:\t%s\n", t.GetName())
	fmt.Fprintf(w, "epoch:\t%s\n", t.GetEpoch())
	fmt.Fprintf(w, "created:\t%s\n", t.GetCreateTime().AsTime().Format(TimeFormat))
	fmt.Fprintf(w, "sequences:\t%s\n", sequences(t))
	fmt.Fprintf(w, "stored:\t%s, %s\n", Count(t.GetStoredMessages(), "message"), humanize.IBytes(t.GetStoredBytes()))
	fmt.Fprintf(w, "retention:\t%s\n", retention(t.GetRetention()))
	fmt.Fprintf(w, "largest message:\t%s\n", humanize.IBytes(uint64(t.GetMaxMessageBytes())))
	fmt.Fprintf(w, "ids remembered for:\t%s\n", window(t.GetDeduplicationWindow().AsDuration()))
	for _, name := range slices.Sorted(maps.Keys(t.GetLabels())) {
		fmt.Fprintf(w, "label %s:\t%s\n", name, Safe(t.GetLabels()[name]))
	}
	return w.Flush()
}

// Topics writes a table of topics.
func Topics(out io.Writer, topics []*messagingv1.Topic) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tMESSAGES\tSIZE\tSEQUENCES\tRETENTION")
	for _, t := range topics {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", t.GetName(), t.GetStoredMessages(),
			humanize.IBytes(t.GetStoredBytes()), sequences(t), retention(t.GetRetention()))
	}
	return w.Flush()
}

// window says what a topic without one does not promise.
func window(length time.Duration) string {
	if length == 0 {
		return "0s: a retry can store a message twice"
	}
	return quantity.FormatPeriod(length)
}

func sequences(t *messagingv1.Topic) string {
	switch {
	case t.GetLastSequence() == 0:
		return "none yet"
	case t.GetStoredMessages() == 0:
		return fmt.Sprintf("none stored, last was %d", t.GetLastSequence())
	default:
		return fmt.Sprintf("%d to %d", t.GetFirstSequence(), t.GetLastSequence())
	}
}

func retention(r *messagingv1.Retention) string {
	var limits []string
	if r.GetMaxAge() != nil {
		limits = append(limits, quantity.FormatPeriod(r.GetMaxAge().AsDuration()))
	}
	if r.GetMaxBytes() > 0 {
		limits = append(limits, humanize.IBytes(r.GetMaxBytes()))
	}
	if r.GetMaxMessages() > 0 {
		limits = append(limits, Count(r.GetMaxMessages(), "message"))
	}
	if limits == nil {
		return "forever"
	}
	return strings.Join(limits, ", ")
}

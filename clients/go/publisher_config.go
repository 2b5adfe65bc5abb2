package parley

import (
	"cmp"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// The defaults of [PublisherConfig].
const (
	DefaultBatchMessages   = 1000
	DefaultBatchBytes      = 256 << 10
	DefaultInFlight        = 16
	DefaultMaxPending      = 20_000
	DefaultMaxPendingBytes = 32 << 20
	DefaultRetryFor        = 5 * time.Minute
)

// PublisherConfig says where and how to publish. Topic is the only field without
// a usable zero value.
type PublisherConfig struct {
	// Topic is the topic's name.
	Topic string
	// Epoch is the one the topic must have. Default: the one it has when it
	// stores the first batch. When it is another one later, because the topic
	// was created again or recovered, the publisher stops with reason
	// EPOCH_MISMATCH instead of filling the new topic.
	Epoch string
	// IDPrefix, a slash and a counter from 1 make the id of a message that has
	// none; at most 100 bytes. Default: 26 random characters. A prefix of your
	// own makes sense where a program publishes the same messages in the same
	// order again when it is started again: then what is stored is left out.
	IDPrefix string

	// BatchMessages (1 to 1,000; default 1,000) and BatchBytes (at most 3 MiB;
	// default 256 KiB) are the most that one request carries; a larger message
	// travels alone.
	BatchMessages int
	BatchBytes    int
	// Linger is how long a message may wait for others to share its request, at
	// most 1 minute. Default 0: a request leaves as soon as one may, with what is
	// there by then, and under load that is much.
	Linger time.Duration
	// InFlight is how many requests may wait for their receipts at once, 1 to
	// 512; default 16. Over HTTP/1.1, and with Unary, it is 1.
	InFlight int
	// MaxPending (default 20,000) and MaxPendingBytes (default 32 MiB) are how
	// many accepted messages may lack their outcome; then Publish waits. One
	// message is always accepted.
	MaxPending      int
	MaxPendingBytes int

	// RetryFor is how long to try a batch again whose outcome is open, counted
	// from its first attempt; default 5 min. Keep it well below the topic's
	// de-duplication window (10 min by default): a later retry could store
	// messages twice. After it the publisher stops with [ErrOutcomeUnknown].
	// What certainly is not stored is tried without a limit.
	RetryFor time.Duration
	// Backoff is how long to wait before another try.
	Backoff Backoff
	// FailFast stops at the first failure as long as no server has answered,
	// instead of trying again: most likely the address is wrong.
	FailFast bool
	// StopAtRefusal stops the publisher at a message that the server refuses for
	// itself, so that nothing after it is stored. Default: it fails alone.
	StopAtRefusal bool
	// Unary publishes by Publish and not by Exchange: slower, but it passes
	// proxies that cannot carry bidirectional streams. Where Exchange is not to
	// be had, as over HTTP/1.1, or brings no answer within 10 s, the publisher
	// does so by itself.
	Unary bool
	// Observer is told what happens beside the outcomes.
	Observer PublisherObserver
}

// PublisherObserver has functions that a [Publisher] calls from a goroutine of its
// own. They must not wait, nor call the publisher. Each may be nil.
type PublisherObserver struct {
	// Interrupted: a try failed with err, the next one follows after a pause.
	Interrupted func(err error, pause time.Duration)
	// Resumed: after an interruption a batch is stored again.
	Resumed func()
}

func (c PublisherConfig) validate() error {
	var errs []error
	if c.Topic == "" {
		errs = append(errs, errors.New("the topic is missing"))
	}
	if len(c.IDPrefix) > 100 || !utf8.ValidString(c.IDPrefix) {
		errs = append(errs, errors.New("the prefix of ids has more than 100 bytes or is not UTF-8"))
	}
	for _, bound := range []struct {
		name        string
		value, most int64 // an int may have 32 bits
	}{
		{"BatchMessages", int64(c.BatchMessages), 1000},
		{"BatchBytes", int64(c.BatchBytes), maxMessage},
		{"InFlight", int64(c.InFlight), 512},
		{"MaxPending", int64(c.MaxPending), 1 << 30},
		{"MaxPendingBytes", int64(c.MaxPendingBytes), 1 << 40},
		{"Linger", int64(c.Linger), int64(time.Minute)},
		{"RetryFor", int64(c.RetryFor), int64(24 * time.Hour)},
	} {
		if bound.value < 0 || bound.value > bound.most {
			errs = append(errs, fmt.Errorf("%s is negative or too large", bound.name))
		}
	}
	return errors.Join(errs...)
}

func (c PublisherConfig) withDefaults() PublisherConfig {
	c.BatchMessages = cmp.Or(c.BatchMessages, DefaultBatchMessages)
	c.BatchBytes = cmp.Or(c.BatchBytes, DefaultBatchBytes)
	c.InFlight = cmp.Or(c.InFlight, DefaultInFlight)
	c.MaxPending = cmp.Or(c.MaxPending, DefaultMaxPending)
	c.MaxPendingBytes = cmp.Or(c.MaxPendingBytes, DefaultMaxPendingBytes)
	c.RetryFor = cmp.Or(c.RetryFor, DefaultRetryFor)
	if c.IDPrefix == "" {
		c.IDPrefix = randomPrefix()
	}
	return c
}

func (c PublisherConfig) limits() limits {
	return limits{
		batchMessages: c.BatchMessages, batchBytes: c.BatchBytes, inFlight: c.InFlight,
		pendingMessages: c.MaxPending, pendingBytes: c.MaxPendingBytes, linger: c.Linger,
	}
}

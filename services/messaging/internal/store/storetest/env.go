package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Env is what a test needs of an engine.
type Env struct {
	// Open opens the store over the same data as before; the store opened before
	// must be closed. Its background work must look for messages to remove every
	// few milliseconds.
	Open func(hooks store.Hooks) (store.Store, error)
	// Renew begins new epochs over the same data, as restoring a copy of it does.
	// The store must be closed.
	Renew func() error
	// Clock is the clock of the stores opened.
	Clock *Clock
	// SetDiskFree sets the bytes free that stores see. Stores see plenty at first
	// and refuse to store with 0.
	SetDiskFree func(uint64)
}

// Factory returns an environment without data. What it opens is cleaned up with
// the test.
type Factory func(t *testing.T) Env

// Clock is a clock set by hand. It is safe for concurrent use.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	running time.Duration
}

// NewClock returns a clock at some fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// Now implements store.Clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Running implements store.Clock.
func (c *Clock) Running() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.running = c.now.Add(d), c.running+d
}

// Jump sets the wall clock without time passing.
func (c *Clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Definition is one with the contract's defaults.
func Definition() store.Definition {
	return store.Definition{MaxMessageBytes: 1 << 20, DedupWindow: 10 * time.Minute, DedupMaxIDs: 1_000_000}
}

// Message returns a message with an id, which may be empty, and a text.
func Message(id, text string) store.Message {
	var data []byte
	if id != "" {
		data = protowire.AppendTag(data, 3, protowire.BytesType)
		data = protowire.AppendString(data, id)
	}
	data = protowire.AppendTag(data, 6, protowire.BytesType)
	return store.Message{ID: id, Data: protowire.AppendString(data, text)}
}

// Stored is a message as it was read.
type Stored struct {
	Sequence uint64
	ID, Text string
	Time     time.Time
}

// Decode splits a record into messages, checking that they are numbered in
// order.
func Decode(r store.Record) ([]Stored, error) {
	var list []Stored
	for rest := r.Frames; len(rest) > 0; {
		message, n, err := frame.Next(rest)
		if err != nil {
			return nil, err
		}
		m, err := decode(message)
		if err != nil {
			return nil, err
		}
		if want := r.First + uint64(len(list)); m.Sequence != want {
			return nil, fmt.Errorf("sequence %d in the place of %d", m.Sequence, want)
		}
		list, rest = append(list, m), rest[n:]
	}
	if uint64(len(list)) != r.Count() {
		return nil, fmt.Errorf("%d messages in a record %d..%d", len(list), r.First, r.Last)
	}
	return list, nil
}

func decode(b []byte) (Stored, error) {
	var m Stored
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return m, protowire.ParseError(n)
		}
		b = b[n:]
		if kind == protowire.VarintType {
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return m, protowire.ParseError(n)
			}
			m.Sequence, b = v, b[n:]
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return m, protowire.ParseError(n)
		}
		b = b[n:]
		switch number {
		case 2:
			m.Time = decodeTime(v)
		case 3:
			m.ID = string(v)
		case 6:
			m.Text = string(v)
		}
	}
	return m, nil
}

func decodeTime(b []byte) time.Time {
	var part [3]int64
	for len(b) > 0 {
		number, _, n := protowire.ConsumeTag(b)
		v, m := protowire.ConsumeVarint(b[n:])
		part[number] = int64(v)
		b = b[n+m:]
	}
	return time.Unix(part[1], part[2]).UTC()
}

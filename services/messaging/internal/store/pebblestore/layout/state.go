package layout

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// Commit is the value of the CommitKey.
type Commit struct {
	// Number counts the batches written.
	Number uint64
	// Age is how long the store has been running in its life.
	Age time.Duration
}

// Encode returns the value.
func (c Commit) Encode() []byte {
	b := binary.LittleEndian.AppendUint64(nil, c.Number)
	return binary.LittleEndian.AppendUint64(b, uint64(c.Age))
}

// ParseCommit reads the value of the CommitKey.
func ParseCommit(b []byte) (Commit, error) {
	if len(b) != 16 {
		return Commit{}, fmt.Errorf("read commit number: %w", ErrBadValue)
	}
	le := binary.LittleEndian
	return Commit{Number: le.Uint64(b), Age: time.Duration(le.Uint64(b[8:]))}, nil
}

// LowWater is the value of a LowWaterKey: where the stored part of a log begins.
// It may lie inside a record.
type LowWater struct {
	// First is the first sequence stored.
	First uint64
	// Bytes and Messages are the totals of the log before First.
	Bytes, Messages uint64
	// Time is the publish time of the newest message when this was written: none may
	// be below it, also where no record is left.
	Time int64
}

// Encode returns the value.
func (l LowWater) Encode() []byte {
	b := binary.LittleEndian.AppendUint64(nil, l.First)
	b = binary.LittleEndian.AppendUint64(b, l.Bytes)
	b = binary.LittleEndian.AppendUint64(b, l.Messages)
	return binary.LittleEndian.AppendUint64(b, uint64(l.Time))
}

// ParseLowWater reads the value of a LowWaterKey.
func ParseLowWater(b []byte) (LowWater, error) {
	if len(b) != 32 {
		return LowWater{}, fmt.Errorf("read low water: %w", ErrBadValue)
	}
	le := binary.LittleEndian
	return LowWater{
		First: le.Uint64(b), Bytes: le.Uint64(b[8:]),
		Messages: le.Uint64(b[16:]), Time: int64(le.Uint64(b[24:])),
	}, nil
}

// Topic is the value of a TopicKey.
type Topic struct {
	Log        uint64           `json:"log"`
	Epoch      string           `json:"epoch"`
	Created    time.Time        `json:"created"`
	Definition store.Definition `json:"definition"`
	// Past is the earlier epochs of the topic's life.
	Past store.Lineage `json:"past,omitempty"`
	// PastTime is a publish time below which none may follow.
	PastTime int64 `json:"past_time,omitempty"`
	// Forgotten is the age of the store before which no id is remembered, whatever
	// the window.
	Forgotten time.Duration `json:"forgotten,omitempty"`
}

// Floor is a sequence that counts as issued though no record holds it: what was
// lost before a recovery is never issued again. 0: there was none.
func (t Topic) Floor() uint64 {
	if len(t.Past) == 0 {
		return 0
	}
	return t.Past[len(t.Past)-1].Next - 1
}

// Encode returns the value.
func (t Topic) Encode() ([]byte, error) {
	b, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode topic: %w", err)
	}
	return b, nil
}

// ParseTopic reads the value of a TopicKey.
func ParseTopic(b []byte) (Topic, error) {
	var t Topic
	if err := json.Unmarshal(b, &t); err != nil {
		return Topic{}, fmt.Errorf("read topic: %w: %w", ErrBadValue, err)
	}
	if t.Log == 0 || t.Epoch == "" || !ascending(t.Past) {
		return Topic{}, fmt.Errorf("read topic: %w", ErrBadValue)
	}
	return t, nil
}

// ascending reports whether a lineage is one that could have been written.
func ascending(past store.Lineage) bool {
	end := uint64(0)
	for _, p := range past {
		if p.Epoch == "" || p.End < end || p.Next <= p.End || p.Next > store.MaxSequence+1 {
			return false
		}
		end = p.End
	}
	return true
}

package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Entry is one line of a journal. One of its fields is set.
type Entry struct {
	// Sent is written before a publisher first sends these messages.
	Sent *Sent `json:"sent,omitempty"`
	// Acked is a receipt that names the sequence of each message.
	Acked []Place `json:"acked,omitempty"`
	// Stream is a receipt for a run of messages that names their bounds only.
	Stream *Run `json:"stream,omitempty"`
	// Seen is what a reader was given, in order.
	Seen []Place `json:"seen,omitempty"`
	// Via says over which RPC, protocol and codec the receipt or response came.
	Via string `json:"via,omitempty"`
}

// Sent is a run of a publisher's counters, both included.
type Sent struct {
	Publisher int    `json:"publisher"`
	From      uint64 `json:"from"`
	To        uint64 `json:"to"`
}

// Place says which message has a sequence.
type Place struct {
	ID       string `json:"id"`
	Sequence uint64 `json:"sequence"`
}

// Run is a run of messages that is acknowledged as a whole. If all were new,
// First and Last bound their sequences; otherwise both are 0.
type Run struct {
	Sent

	First uint64 `json:"first,omitempty"`
	Last  uint64 `json:"last,omitempty"`
}

// Journal is an open journal. It is safe for concurrent use.
type Journal struct {
	mu   sync.Mutex
	file *os.File
}

const suffix = ".journal"

// Open creates a journal in a directory, or goes on with it.
func Open(dir, name string) (*Journal, error) {
	file, err := os.OpenFile(filepath.Join(dir, name+suffix), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return &Journal{file: file}, nil
}

// Append writes an entry and returns once it is durable.
func (j *Journal) Append(entry Entry) error {
	line, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode journal entry: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("sync journal: %w", err)
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }

// Load reads every journal of a directory, also while they are written: a line
// without an end is not there yet. The key is the journal's name.
func Load(dir string) (map[string][]Entry, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("list journals: %w", err)
	}
	journals := make(map[string][]Entry)
	for _, path := range paths {
		name := filepath.Base(path)
		if journals[name[:len(name)-len(suffix)]], err = loadFile(path); err != nil {
			return nil, fmt.Errorf("read journal %s: %w", name, err)
		}
	}
	return journals, nil
}

func loadFile(path string) ([]Entry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var entries []Entry
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		var entry Entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &entry); err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
}

package storage

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
)

// Report is what Check found, in a form for people and programs.
type Report struct {
	// Clean says that nothing is wrong.
	Clean bool `json:"clean"`
	// Problems are what is wrong with the store as a whole.
	Problems []string `json:"problems,omitempty"`
	// Topics are the topics the store holds, by name.
	Topics []Topic `json:"topics"`
}

// Topic is what Check found about one topic.
type Topic struct {
	Name     string `json:"name"`
	Epoch    string `json:"epoch"`
	First    uint64 `json:"first_sequence"`
	Last     uint64 `json:"last_sequence"`
	Messages uint64 `json:"stored_messages"`
	Bytes    uint64 `json:"stored_bytes"`
	// Accepted are gaps that a recovery has accepted, and sequences skipped when the
	// directory was recovered or restored: no damage.
	Accepted []Range `json:"accepted_gaps,omitempty"`
	// Lost are other gaps. Readers are told of them.
	Lost []Range `json:"lost,omitempty"`
	// Problems are what else is wrong with the topic.
	Problems []string `json:"problems,omitempty"`
}

// Range is a run of sequences, both ends included.
type Range struct {
	First uint64 `json:"first_sequence"`
	Last  uint64 `json:"last_sequence"`
}

// Check reads all of the store in dir and verifies every record. It changes
// nothing. It fails with ErrNoStore or ErrLocked, or if the directory cannot be
// read; damage is in the report.
func Check(dir string) (Report, error) {
	if err := mustExist(dir); err != nil {
		return Report{}, fmt.Errorf("check store: %w", err)
	}
	found, err := pebblestore.Check(options(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, fmt.Errorf("%s: %w: %w", dir, ErrNoStore, err)
	}
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Report{}, err
	}
	report := Report{Clean: err == nil && found.Clean(), Problems: texts(found.Problems), Topics: []Topic{}}
	if err != nil {
		report.Problems = append(report.Problems, err.Error())
	}
	for _, t := range found.Topics {
		report.Topics = append(report.Topics, Topic{
			Name: t.Name, Epoch: t.Epoch, First: t.First, Last: t.Last, Messages: t.Messages, Bytes: t.Bytes,
			Accepted: ranges(t.Accepted), Lost: ranges(t.Lost), Problems: texts(t.Problems),
		})
	}
	return report, nil
}

func ranges(gaps []store.Gap) []Range {
	var list []Range
	for _, gap := range gaps {
		list = append(list, Range{First: gap.First, Last: gap.Last})
	}
	return list
}

func texts(errs []error) []string {
	var list []string
	for _, err := range errs {
		list = append(list, err.Error())
	}
	return list
}

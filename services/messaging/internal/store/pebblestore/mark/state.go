package mark

import "maps"

// State is what the mark says.
type State struct {
	// Commit is the last commit known to be durable.
	Commit uint64
	// Manifest is the engine's MANIFEST.
	Manifest Manifest
	// Topics has the logs by number.
	Topics map[uint64]Topic
}

// Topic is the mark of one log.
type Topic struct {
	Name string
	// Epoch is its epoch.
	Epoch string
	// Last is the last durable sequence.
	Last uint64
}

// Manifest says how far the engine's MANIFEST is known to be synced.
type Manifest struct {
	// Name is the file's name. Empty: nothing is known.
	Name string
	// Size and Sum are the length and CRC-32C of that part.
	Size int64
	Sum  uint32
}

// Change is what has changed since the last entry. Deleted logs are gone from
// the mark.
type Change struct {
	Commit   uint64
	Manifest Manifest
	Topics   map[uint64]Topic
	Deleted  []uint64
}

func (s *State) apply(c Change) {
	s.Commit, s.Manifest = c.Commit, c.Manifest
	maps.Copy(s.Topics, c.Topics)
	for _, log := range c.Deleted {
		delete(s.Topics, log)
	}
}

func (s *State) everything() Change {
	return Change{Commit: s.Commit, Manifest: s.Manifest, Topics: s.Topics}
}

package records

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Span returns the options of an iterator over the keys from start to before end.
func Span(start, end []byte) *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: start, UpperBound: end}
}

// Get returns a copy of a value, nil if there is none.
func Get(db pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]byte{}, value...), closer.Close()
}

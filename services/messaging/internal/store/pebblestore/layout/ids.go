package layout

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Fingerprint stands for an id: the first half of its SHA-256. Two ids of one
// topic sharing one is not going to happen, by chance or on purpose.
type Fingerprint [16]byte

// Fingerprinted returns the fingerprint of an id.
func Fingerprinted(id string) Fingerprint {
	sum := sha256.Sum256([]byte(id))
	return Fingerprint(sum[:16])
}

const idSize = 2 + len(Fingerprint{})

// IDs collects the ids of a record, for the value of an IDsKey:
//
//	age 8 | (message 2 | fingerprint 16) ...
type IDs struct{ value []byte }

// Empty reports whether there are none.
func (s *IDs) Empty() bool { return len(s.value) == 0 }

// Add adds the id of the message with an offset from the record's first.
func (s *IDs) Add(offset int, fp Fingerprint) {
	if s.value == nil {
		s.value = make([]byte, 8, 8+4*idSize)
	}
	s.value = binary.LittleEndian.AppendUint16(s.value, uint16(offset))
	s.value = append(s.value, fp[:]...)
}

// Encode returns the value: the ids and the age of the store when it remembered
// them.
func (s *IDs) Encode(age time.Duration) []byte {
	binary.LittleEndian.PutUint64(s.value, uint64(age))
	return s.value
}

// ParseIDs reads the value of an IDsKey, calling each for every id in order, and
// returns the age.
func ParseIDs(b []byte, each func(offset int, fp Fingerprint)) (time.Duration, error) {
	if len(b) < 8 || (len(b)-8)%idSize != 0 {
		return 0, fmt.Errorf("read ids: %w", ErrBadValue)
	}
	age := time.Duration(binary.LittleEndian.Uint64(b))
	for b = b[8:]; len(b) > 0; b = b[idSize:] {
		each(int(binary.LittleEndian.Uint16(b)), Fingerprint(b[2:idSize]))
	}
	return age, nil
}

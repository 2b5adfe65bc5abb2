package topics

import (
	"crypto/rand"
	"encoding/binary"
)

// newEpoch returns 80 random bits as text.
func newEpoch() string { return rand.Text()[:16] }

// newLog returns a random log number, never 0.
func newLog() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return max(binary.BigEndian.Uint64(b[:]), 1)
}

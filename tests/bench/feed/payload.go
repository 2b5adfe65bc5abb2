package feed

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"time"
)

// Size is the size of a payload, in bytes.
const Size = 128

const stampSize = 16

var errPayload = errors.New("a message came back other than it was sent")

// Maker makes payloads. It is for one goroutine.
type Maker struct {
	filler []byte
	at     int
	began  time.Time
}

// NewMaker returns a maker whose stamps count from a time.
func NewMaker(began time.Time) *Maker {
	// Random, so that no store can compress away more than text of 64 letters lets it,
	// and text, so that JSON carries it as it is.
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	filler := make([]byte, 1<<16)
	random := rand.New(rand.NewPCG(1, 2)) // the same for every server
	for i := range filler {
		filler[i] = alphabet[random.IntN(len(alphabet))]
	}
	return &Maker{filler: filler, began: began}
}

// Payload is a message of Size bytes that says when it was made.
func (m *Maker) Payload(made time.Time) []byte {
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], uint64(made.Sub(m.began)))
	payload := make([]byte, Size)
	hex.Encode(payload, stamp[:])
	m.at = (m.at + Size) % (len(m.filler) - Size)
	copy(payload[stampSize:], m.filler[m.at:])
	return payload
}

// Batch is so many messages made now.
func (m *Maker) Batch(size int) [][]byte {
	now := time.Now()
	batch := make([][]byte, size)
	for i := range batch {
		batch[i] = m.Payload(now)
	}
	return batch
}

// Made returns when a payload was made, as the time since its maker began.
func Made(payload []byte) (time.Duration, error) {
	var stamp [8]byte
	if len(payload) != Size {
		return 0, errPayload
	}
	if _, err := hex.Decode(stamp[:], payload[:stampSize]); err != nil {
		return 0, errors.Join(errPayload, err)
	}
	return time.Duration(binary.BigEndian.Uint64(stamp[:])), nil
}

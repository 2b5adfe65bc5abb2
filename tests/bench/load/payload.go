package load

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// noise is random bytes, the same in every run: far more than a store compresses
// together.
var noise = sync.OnceValue(func() []byte {
	bytes := make([]byte, 4<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(bytes) // never fails
	return bytes
})

// Payload makes the contents of messages, each other than those before it, so that no
// store can compress them away. It is safe for concurrent use.
type Payload struct {
	size int
	used atomic.Uint64
}

// NewPayload returns a maker of so many bytes at a time, at most 1 MiB.
func NewPayload(size int) *Payload { return &Payload{size: size} }

// Next returns a content, which must not be changed.
func (p *Payload) Next() []byte {
	all := noise()
	at := p.used.Add(uint64(p.size)) % uint64(len(all)-p.size)
	return all[at:][:p.size:p.size]
}

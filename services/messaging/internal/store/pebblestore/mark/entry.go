package mark

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

// An entry is magic 4 | length 4 | checksum 4 | payload. The checksum covers
// the length too.
const entryHeader = 12

var errShort = errors.New("entry is cut short")

func magic() []byte { return []byte("PmK1") }

func appendEntry(dst []byte, c Change) []byte {
	at := len(dst)
	dst = append(dst, magic()...)
	dst = append(dst, make([]byte, entryHeader-4)...)
	dst = binary.AppendUvarint(dst, c.Commit)
	dst = appendString(dst, c.Manifest.Name)
	dst = binary.AppendUvarint(dst, uint64(c.Manifest.Size))
	dst = binary.LittleEndian.AppendUint32(dst, c.Manifest.Sum)
	dst = binary.AppendUvarint(dst, uint64(len(c.Topics)))
	for log, t := range c.Topics {
		dst = binary.LittleEndian.AppendUint64(dst, log)
		dst = binary.AppendUvarint(dst, t.Last)
		dst = appendString(dst, t.Name)
		dst = appendString(dst, t.Epoch)
	}
	dst = binary.AppendUvarint(dst, uint64(len(c.Deleted)))
	for _, log := range c.Deleted {
		dst = binary.LittleEndian.AppendUint64(dst, log)
	}
	entry := dst[at:]
	binary.LittleEndian.PutUint32(entry[4:], uint32(len(entry)-entryHeader))
	binary.LittleEndian.PutUint32(entry[8:], entrySum(entry))
	return dst
}

func entrySum(entry []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(entry[4:8], table), table, entry[entryHeader:])
}

// parseEntry reads the first entry of b and returns its size.
func parseEntry(b []byte) (Change, int, error) {
	if len(b) < entryHeader || !bytes.Equal(b[:4], magic()) {
		return Change{}, 0, errShort
	}
	size := entryHeader + int(binary.LittleEndian.Uint32(b[4:]))
	if size > len(b) || entrySum(b[:size]) != binary.LittleEndian.Uint32(b[8:]) {
		return Change{}, 0, errShort
	}
	r := reader{b: b[entryHeader:size]}
	c := Change{Commit: r.uvarint()}
	c.Manifest = Manifest{Name: r.string(), Size: int64(r.uvarint()), Sum: r.uint32()}
	c.Topics = make(map[uint64]Topic)
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		log := r.uint64()
		c.Topics[log] = Topic{Last: r.uvarint(), Name: r.string(), Epoch: r.string()}
	}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		c.Deleted = append(c.Deleted, r.uint64())
	}
	if r.bad || len(r.b) > 0 {
		return Change{}, 0, errShort
	}
	return c, size, nil
}

// parse reads a whole file.
func parse(b []byte) (State, error) {
	s := State{Topics: make(map[uint64]Topic)}
	for first := true; len(b) > 0; first = false {
		c, n, err := parseEntry(b)
		if err != nil {
			if first || anyEntry(b[1:]) {
				return State{}, fmt.Errorf("read mark: %w", store.ErrDamaged)
			}
			return s, nil // what a crash left of the last entry
		}
		s.apply(c)
		b = b[n:]
	}
	return s, nil
}

// anyEntry reports whether a whole entry begins anywhere in b.
func anyEntry(b []byte) bool {
	for {
		i := bytes.Index(b, magic())
		if i < 0 {
			return false
		}
		if _, _, err := parseEntry(b[i:]); err == nil {
			return true
		}
		b = b[i+1:]
	}
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// reader takes numbers off a payload; bad is set where it runs out.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return make([]byte, min(n, 8))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) string() string { return string(r.take(r.uvarint())) }

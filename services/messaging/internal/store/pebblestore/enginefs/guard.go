package enginefs

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// guardSize is the size of a read from which the guard looks at it. Smaller
// reads of a table may be other things than blocks, and cost the engine little.
const guardSize = 4 << 10

// guardFS refuses damaged blocks of tables before the engine sees them. To
// report a checksum mismatch, the engine flips every bit of the block in turn
// and sums it again: 50 s for 256 KiB, hours for 3 MiB, on each read. The guard
// costs one more CRC for a block that is not cached.
type guardFS struct{ vfs.FS }

// Open implements vfs.FS.
func (g guardFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := g.FS.Open(name, opts...)
	if err == nil && strings.HasSuffix(name, ".sst") {
		return guardFile{f}, nil
	}
	return f, err
}

type guardFile struct{ vfs.File }

// ReadAt implements vfs.File. A block is followed by its type, and the masked
// CRC-32C of both.
func (g guardFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := g.File.ReadAt(p, off)
	if err != nil || n < len(p) || n < guardSize {
		return n, err
	}
	sum := crc32.Checksum(p[:n-4], crc32.MakeTable(crc32.Castagnoli))
	if masked := sum>>15 | sum<<17; masked+0xa282ead8 != binary.LittleEndian.Uint32(p[n-4:]) {
		return 0, fmt.Errorf("block at %d: checksum mismatch: %w", off, pebble.ErrCorruption)
	}
	return n, nil
}

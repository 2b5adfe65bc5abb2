package enginefs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/enginefs"
)

func writeFile(t *testing.T, fs vfs.FS, name string, content []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(bytes.Clone(content)); err != nil { // under the race detector Pebble spoils what it is given
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWritten reads a log of one written block among 64 up to the zeros behind it, and
// other files as they are.
func TestWritten(t *testing.T) {
	t.Parallel()
	const block = 32 << 10
	content := make([]byte, 64*block)
	copy(content[block:], "written")
	memory := vfs.NewMem()
	for name, want := range map[string]int{"1.log": 3 * block, "1.other": len(content)} {
		writeFile(t, memory, name, content)
		for _, fs := range []vfs.FS{enginefs.New(memory), enginefs.Written(memory)} {
			f, err := fs.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if _, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{f}, make([]byte, block)); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			// A block of zeros more is looked at.
			if got.Len() != want || !bytes.Equal(got.Bytes(), content[:want]) {
				t.Errorf("%s: read %d bytes, want %d", name, got.Len(), want)
			}
		}
	}
	size, err := enginefs.LogSize(memory, "")
	if err != nil || size != int64(len(content)) {
		t.Errorf("size %d, %v", size, err)
	}
	if written, err := enginefs.LogWritten(memory, ""); err != nil || written != 3*block {
		t.Errorf("written %d, %v", written, err)
	}
}

// TestGuard refuses a block of a table whose checksum is wrong.
func TestGuard(t *testing.T) {
	t.Parallel()
	block := bytes.Repeat([]byte("parley"), 1<<10)
	sum := crc32.Checksum(block, crc32.MakeTable(crc32.Castagnoli))
	good := binary.LittleEndian.AppendUint32(bytes.Clone(block), (sum>>15|sum<<17)+0xa282ead8)
	flipped := bytes.Clone(good)
	flipped[7] ^= 1
	memory := vfs.NewMem()
	for _, test := range []struct {
		name    string
		content []byte
		refused bool
	}{{"good.sst", good, false}, {"flipped.sst", flipped, true}, {"flipped.other", flipped, false}} {
		writeFile(t, memory, test.name, test.content)
		f, err := enginefs.New(memory).Open(test.name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.ReadAt(make([]byte, len(test.content)), 0)
		if errors.Is(err, pebble.ErrCorruption) != test.refused || !test.refused && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

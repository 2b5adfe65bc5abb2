package mark

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// countingFS counts the files that are made.
type countingFS struct {
	vfs.FS

	made int
}

func (c *countingFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	c.made++
	return c.FS.Create(name, category)
}

// TestRewrite holds that the file is begun anew when it has grown, and not for every
// change, however much there is to say: also of topics with the longest names.
func TestRewrite(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 128} {
		topics := make(map[uint64]Topic)
		for log := range uint64(8000) {
			name := fmt.Sprintf("%0*d", length, log)
			topics[log] = Topic{Name: name[len(name)-length:], Epoch: strings.Repeat("e", 16)}
		}
		fs := &countingFS{FS: vfs.NewMem()}
		file, err := Create(fs, "", "MARK", State{Topics: maps.Clone(topics)})
		if err != nil {
			t.Fatal(err)
		}
		begun, written := file.size, 0
		for commit := uint64(1); written < 4*begun; commit++ {
			one := topics[commit%8000]
			one.Last = commit
			topics[commit%8000] = one
			change := Change{Commit: commit, Topics: map[uint64]Topic{commit % 8000: one}}
			written += len(appendEntry(nil, change))
			if err := file.Write(change); err != nil {
				t.Fatal(err)
			}
			if file.size > 3*begun {
				t.Fatalf("names of %d bytes: the file has grown from %d to %d bytes", length, begun, file.size)
			}
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if fs.made < 3 || fs.made > 5 {
			t.Errorf("names of %d bytes: the file was begun %d times for four times its size", length, fs.made)
		}
		got, err := Load(fs, "", "MARK")
		if err != nil || !maps.Equal(got.Topics, topics) {
			t.Errorf("names of %d bytes: got %d topics, %v", length, len(got.Topics), err)
		}
	}
}

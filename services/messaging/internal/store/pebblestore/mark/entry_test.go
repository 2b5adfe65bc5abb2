package mark

import (
	"errors"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

func sample() []byte {
	b := appendEntry(nil, Change{Commit: 1, Topics: map[uint64]Topic{7: {Name: "a", Epoch: "e", Last: 3}}})
	b = appendEntry(b, Change{Commit: 2, Topics: map[uint64]Topic{7: {Name: "a", Epoch: "e", Last: 5}, 8: {Name: "b", Epoch: "f", Last: 1}}})
	return appendEntry(b, Change{Commit: 3, Deleted: []uint64{8}})
}

// TestDamage checks that damage before the last entry is noticed, and that a cut
// goes back to an entry before it.
func TestDamage(t *testing.T) {
	t.Parallel()
	whole, err := parse(sample())
	if err != nil || whole.Commit != 3 || whole.Topics[7] != (Topic{Name: "a", Epoch: "e", Last: 5}) || len(whole.Topics) != 1 {
		t.Fatalf("%+v, %v", whole, err)
	}
	last := len(sample()) - len(appendEntry(nil, Change{Commit: 3, Deleted: []uint64{8}}))
	for i := range sample() {
		b := sample()
		b[i] ^= 4
		got, err := parse(b)
		if i < last && !errors.Is(err, store.ErrDamaged) || i >= last && (err != nil || got.Commit != 2) {
			t.Errorf("flip at %d of %d: %+v, %v", i, len(b), got, err)
		}
		if got, err := parse(sample()[:i]); err == nil && i > 0 && got.Commit == 3 {
			t.Errorf("cut at %d: %+v", i, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample())
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = parse(b) })
}

package layout_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

func TestRecord(t *testing.T) {
	t.Parallel()
	value := append(make([]byte, layout.HeaderSize), "frames"...)
	want := layout.Header{Time: 5, Count: 2, EndBytes: 60, EndMessages: 20}
	layout.PutHeader(value, 7, 9, want)
	got, frames, err := layout.ParseRecord(7, 9, value)
	if err != nil || got != want || string(frames) != "frames" {
		t.Fatalf("%+v, %q, %v", got, frames, err)
	}
	for i := range value {
		changed := bytes.Clone(value)
		changed[i] ^= 1
		if _, _, err := layout.ParseRecord(7, 9, changed); err == nil {
			t.Errorf("a change at %d is not noticed", i)
		}
	}
	if _, _, err := layout.ParseRecord(7, 10, value); err == nil {
		t.Error("another record's place is not noticed")
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	var ids layout.IDs
	ids.Add(0, layout.Fingerprinted("a"))
	ids.Add(300, layout.Fingerprinted("b"))
	var offsets []int
	age, err := layout.ParseIDs(ids.Encode(time.Minute), func(offset int, _ layout.Fingerprint) {
		offsets = append(offsets, offset)
	})
	if err != nil || age != time.Minute || len(offsets) != 2 || offsets[1] != 300 {
		t.Errorf("%v, %v, %v", age, offsets, err)
	}
}

func FuzzParse(f *testing.F) {
	value := append(make([]byte, layout.HeaderSize), "frames"...)
	layout.PutHeader(value, 1, 1, layout.Header{Count: 1, EndBytes: 6, EndMessages: 1})
	f.Add(value)
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, frames, err := layout.ParseRecord(1, 1, b); err == nil && (h.Count == 0 || uint64(len(frames)) > h.EndBytes) {
			t.Errorf("accepted %+v with %d bytes", h, len(frames))
		}
		_, _ = layout.ParseIDs(b, func(int, layout.Fingerprint) {})
		_, _ = layout.ParseTopic(b)
		_, _ = layout.ParseCommit(b)
		_, _ = layout.ParseLowWater(b)
	})
}

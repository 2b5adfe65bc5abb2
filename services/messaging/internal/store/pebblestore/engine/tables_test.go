package engine

import (
	"bytes"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/layout"
)

func TestTablesSpan(t *testing.T) {
	t.Parallel()
	guide := newTables()
	guide.wrote(7, ownTable)
	guide.wrote(3, ownTable/2)
	guide.wrote(3, ownTable/2)
	guide.wrote(5, ownTable-1)
	guide.flush()
	for name, test := range map[string]struct{ begin, end []byte }{
		"the commit number":      {layout.CommitKey(), []byte{layout.CommitKey()[0] + 1}},
		"topics":                 {layout.TopicKey("a"), []byte{layout.TopicKey("a")[0] + 1}},
		"ids":                    {layout.IDsKey(3, 1), []byte{layout.IDsKey(3, 1)[0] + 1}},
		"little, up to much":     {layout.RecordKey(1, 9), layout.RecordKey(3, 0)},
		"much":                   {layout.RecordKey(3, 1), layout.RecordKey(4, 0)},
		"little, between":        {layout.RecordKey(5, 1), layout.RecordKey(7, 0)},
		"much, the last of them": {layout.RecordKey(7, 1), layout.RecordKey(8, 0)},
		"little, at the end":     {layout.RecordKey(8, 1), []byte{layout.RecordKey(8, 1)[0] + 1}},
		"nothing":                {nil, nil},
	} {
		if _, end, err := guide.span(test.begin); err != nil || !bytes.Equal(end, test.end) {
			t.Errorf("%s: a table from %q ends before %q, %v; want %q", name, test.begin, end, err, test.end)
		}
	}
	guide.flush()
	if _, end, _ := guide.span(layout.RecordKey(3, 1)); !bytes.Equal(end, layout.KindEnd(layout.RecordKey(3, 1))) {
		t.Errorf("what was written before the last flush still counts: a table ends before %q", end)
	}
}

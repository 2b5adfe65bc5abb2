package position

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "orders.cursor")
	if start, err := Load(name); start != nil || err != nil {
		t.Errorf("without a file: %v, %v", start, err)
	}
	for sequence := range uint64(3) {
		cursor := &messagingv1.Cursor{Epoch: "x:y", Sequence: sequence}
		if err := Save(name, cursor); err != nil {
			t.Fatal(err)
		}
		start, err := Load(name)
		if err != nil || !proto.Equal(start.GetAfter(), cursor) {
			t.Errorf("%v, %v, want %v", start, err, cursor)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v, %v: files are left behind", files, err)
	}
	if err := Save(filepath.Join(dir, "none", "x"), &messagingv1.Cursor{Epoch: "e"}); err == nil {
		t.Error("a folder that is not there is no error")
	}
	for _, text := range []string{"", "earliest\n", "cursor=\n", "17"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if start, err := Load(name); err == nil {
			t.Errorf("%q: %v", text, start)
		}
	}
}

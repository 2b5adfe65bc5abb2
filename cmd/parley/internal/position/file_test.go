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
	if start, err := Load(name, "orders"); start != nil || err != nil {
		t.Errorf("without a file: %v, %v", start, err)
	}
	for sequence := range uint64(3) {
		cursor := &messagingv1.Cursor{Epoch: "x:y", Sequence: sequence}
		if err := Save(name, "orders", cursor); err != nil {
			t.Fatal(err)
		}
		start, err := Load(name, "orders")
		if err != nil || !proto.Equal(start.GetAfter(), cursor) {
			t.Errorf("%v, %v, want %v", start, err, cursor)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%v, %v: files are left behind", files, err)
	}
	if err := Save(filepath.Join(dir, "none", "x"), "orders", &messagingv1.Cursor{Epoch: "e"}); err == nil {
		t.Error("a folder that is not there is no error")
	}
	if _, err := Load(filepath.Join(dir, "none", "x"), "orders"); err == nil {
		t.Error("a file that cannot be written later is no error")
	}
	for _, text := range []string{"", "earliest\n", "cursor=\n", "17", "orders", "orders earliest", "others cursor=e:1", "cursor=e:1"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if start, err := Load(name, "orders"); err == nil {
			t.Errorf("%q: %v", text, start)
		}
	}
}

package position

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

// Load reads the cursor that Save wrote. Without the file it returns nil.
func Load(name string) (*messagingv1.Start, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing was saved yet
	}
	if err != nil {
		return nil, fmt.Errorf("read the cursor: %w", err)
	}
	start, err := Parse(strings.TrimSpace(string(text)), time.Time{})
	if err != nil || start.GetAfter() == nil {
		return nil, fmt.Errorf("read the cursor: %s does not hold one in the form cursor=EPOCH:SEQUENCE", name)
	}
	return start, nil
}

// Save writes a cursor in place of the one that the file holds, as a whole: a crash
// leaves the old one or the new one. It does not wait for the disk.
func Save(name string, cursor *messagingv1.Cursor) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("save the cursor: %w", err)
	}
	_, err = file.WriteString(Format(cursor) + "\n")
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error is told
		return fmt.Errorf("save the cursor: %w", err)
	}
	return nil
}

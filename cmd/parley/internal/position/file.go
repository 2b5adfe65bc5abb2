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

// Load reads the cursor that Save wrote for a topic. Without the file it returns
// nil, if one can be written there: better to hear of that now than after hours.
func Load(name, topic string) (*messagingv1.Start, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, writable(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the cursor: %w", err)
	}
	of, cursor, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	start, err := Parse(cursor, time.Time{})
	if err != nil || start.GetAfter() == nil {
		return nil, fmt.Errorf("read the cursor: %s does not hold one in the form TOPIC cursor=EPOCH:SEQUENCE", name)
	}
	if of != topic {
		return nil, fmt.Errorf("%s belongs to topic %s, not %s", name, of, topic)
	}
	return start, nil
}

func writable(name string) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("save the cursor: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// Save writes a topic's cursor in place of the one that the file holds, as a whole: a crash
// leaves the old one or the new one. It does not wait for the disk.
func Save(name, topic string, cursor *messagingv1.Cursor) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("save the cursor: %w", err)
	}
	_, err = file.WriteString(topic + " " + Format(cursor) + "\n")
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the error is told
		return fmt.Errorf("save the cursor: %w", err)
	}
	return nil
}

package pebblestore

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	if oneLine(nil) != nil || !errors.Is(oneLine(io.EOF), io.EOF) {
		t.Error("an error without line breaks is changed")
	}
	err := oneLine(errors.Join(store.ErrDamaged, &store.LossError{Acknowledged: 2, Found: 1}))
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, store.ErrDamaged.Error()) {
		t.Errorf("text %q", text)
	}
	if _, ok := errors.AsType[*store.LossError](err); !ok || !errors.Is(err, store.ErrDamaged) {
		t.Errorf("%v hides what it wraps", err)
	}
}

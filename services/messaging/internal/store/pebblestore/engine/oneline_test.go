package engine_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	if engine.OneLine(nil) != nil || !errors.Is(engine.OneLine(io.EOF), io.EOF) {
		t.Error("an error without line breaks is changed")
	}
	err := engine.OneLine(errors.Join(store.ErrDamaged, &store.LossError{Acknowledged: 2, Found: 1}))
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, store.ErrDamaged.Error()) {
		t.Errorf("text %q", text)
	}
	if _, ok := errors.AsType[*store.LossError](err); !ok || !errors.Is(err, store.ErrDamaged) {
		t.Errorf("%v hides what it wraps", err)
	}
}

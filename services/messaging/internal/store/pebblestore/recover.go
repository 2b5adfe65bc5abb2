package pebblestore

import (
	"errors"
	"fmt"
	"os"

	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/engine"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/salvage"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore/topics"
)

// Recovery says how Recover goes about it.
type Recovery struct {
	// AcceptLoss makes Recover change anything at all.
	AcceptLoss bool
	// Definition is given to topics of which the name is all that is left.
	Definition store.Definition
}

// Recover makes a store usable that Open refuses as damaged. It returns what Open
// found, nil if that is nothing; then it has changed nothing.
//
// Without AcceptLoss it goes no further. With it, the damaged end of the log is
// cut off, the files changed for that are kept in the directory "damaged", and
// every topic gets a new epoch that goes on far above the highest sequence known
// to have been issued: what is missing is a gap that readers are told of. It
// fails if that is not enough; then a backup has to be restored.
func Recover(opts Options, how Recovery) (finding, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("recover store: %w", err)
	}
	lock, err := opts.dir().Lock()
	if err != nil {
		return nil, fmt.Errorf("recover store: %w", err)
	}
	finding, err = recoverLocked(opts, how)
	finding = engine.OneLine(finding)
	if err = errors.Join(err, lock.Close()); err != nil {
		return finding, fmt.Errorf("recover store: %w", engine.OneLine(err))
	}
	return finding, nil
}

func recoverLocked(opts Options, how Recovery) (finding, err error) {
	there, finding := opts.dir().Exists()
	if finding == nil && there {
		_, finding = inspect(opts)
	}
	if finding == nil || errors.Is(finding, store.ErrFormatTooNew) || !how.AcceptLoss {
		return finding, nil
	}
	if !errors.Is(finding, store.ErrDamaged) {
		return finding, finding
	}
	// A mark that cannot be read says nothing.
	state, err := opts.dir().LoadMark()
	if err != nil && !errors.Is(err, store.ErrDamaged) && !errors.Is(err, os.ErrNotExist) {
		return finding, err
	}
	if err := salvage.Engine(opts.dir(), opts.engine()); err != nil {
		return finding, err
	}
	s, err := start(opts, topics.Renewal{Mark: state, Lost: how.Definition}.Adopt)
	if err != nil {
		return finding, err
	}
	return finding, errors.Join(s.halt(), opts.dir().WriteFormat())
}

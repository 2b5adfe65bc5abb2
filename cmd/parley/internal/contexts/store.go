package contexts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Store reads and writes the file of contexts.
type Store struct {
	path string
	err  error // why there is no path
}

// UserStore returns the store in the user's configuration folder. Where the user
// has no such folder, nothing is stored and a change is an error.
func UserStore() Store {
	folder, err := os.UserConfigDir()
	if err != nil {
		return Store{err: fmt.Errorf("find the folder of contexts: %w", err)}
	}
	return NewStore(filepath.Join(folder, "parley", "contexts.json"))
}

// NewStore returns the store in a file, which need not exist.
func NewStore(path string) Store { return Store{path: path} }

// Path is where the contexts are.
func (s Store) Path() string { return s.path }

// Read returns the contexts: an empty book if there is no file. Fields that this
// version does not know are an error: writing would lose them.
func (s Store) Read() (Book, error) {
	if s.path == "" {
		return Book{}, nil
	}
	content, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Book{}, nil
	}
	if err != nil {
		return Book{}, fmt.Errorf("read contexts: %w", err)
	}
	var book Book
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&book); err != nil {
		return Book{}, fmt.Errorf("read contexts: %s: %w", s.path, err)
	}
	return book, nil
}

// Change reads the contexts, calls change, and writes them unless it fails. Changes
// of several processes come one after the other.
func (s Store) Change(change func(*Book) error) error {
	if s.path == "" {
		return s.err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return fmt.Errorf("write contexts: %w", err)
	}
	unlock, err := lockedfile.MutexAt(s.path + ".lock").Lock() // contexts.json is replaced: no lock on it would last
	if err != nil {
		return fmt.Errorf("lock contexts: %w", err)
	}
	defer unlock()
	book, err := s.Read()
	if err != nil {
		return err
	}
	if err := change(&book); err != nil {
		return err
	}
	content, err := json.MarshalIndent(book, "", "  ")
	if err != nil {
		return fmt.Errorf("write contexts: %w", err)
	}
	if err := s.replace(append(content, '\n')); err != nil {
		return fmt.Errorf("write contexts: %w", err)
	}
	return nil
}

// replace puts a new file in the place of the old one, for the user alone.
func (s Store) replace(content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(s.path), "contexts-*.json") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone already where all went well
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), s.path)
}

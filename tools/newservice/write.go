package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// write makes all changes below root, or none: when one fails, those made
// before are undone and the folders made for them removed.
func write(root string, changes []change) (err error) {
	var undo []func() error
	defer func() {
		if err == nil {
			return
		}
		for _, revert := range slices.Backward(undo) {
			err = errors.Join(err, revert())
		}
	}()
	for _, change := range changes {
		path := filepath.Join(root, filepath.FromSlash(change.path))
		made, err := makeFolders(filepath.Dir(path))
		for _, folder := range made {
			undo = append(undo, func() error { return os.Remove(folder) })
		}
		if err != nil {
			return fmt.Errorf("make the folder of %s: %w", change.path, err)
		}
		if err := change.apply(path); err != nil {
			return fmt.Errorf("%s %s: %w", change.verb(), change.path, err)
		}
		undo = append(undo, func() error { return change.revert(path) })
	}
	return nil
}

// apply writes the new content. A file to create must not exist; a file to
// change is replaced in one step and keeps its permissions.
func (c change) apply(path string) error {
	if c.old == nil {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = file.Write(c.new)
		if err = errors.Join(err, file.Close()); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		return nil
	}
	return replace(path, c.new)
}

func (c change) revert(path string) error {
	if c.old == nil {
		return os.Remove(path)
	}
	return replace(path, c.old)
}

func replace(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	beside := path + ".newservice"
	err = os.WriteFile(beside, content, info.Mode().Perm())
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(beside))
	}
	return nil
}

// makeFolders creates the folder and its missing parents and returns those it
// created, outermost first, also on an error.
func makeFolders(folder string) ([]string, error) {
	var made []string
	if _, err := os.Stat(folder); err == nil {
		return nil, nil
	}
	made, err := makeFolders(filepath.Dir(folder))
	if err != nil {
		return made, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return made, err
	}
	return append(made, folder), nil
}

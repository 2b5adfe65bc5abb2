package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// The lines between which a document has the tables.
const (
	beginMark = "<!-- begin: tables of the benchmark -->\n"
	endMark   = "<!-- end: tables of the benchmark -->\n"
)

var errMarks = errors.New("it has no place for the tables")

// Update replaces the tables in a document, between two lines that mark their
// place.
func (r Report) Update(path string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	before, rest, begins := bytes.Cut(old, []byte(beginMark))
	_, after, ends := bytes.Cut(rest, []byte(endMark))
	if !begins || !ends {
		return fmt.Errorf("update %s: %w", path, errMarks)
	}
	var text bytes.Buffer
	text.Write(before)
	text.WriteString(beginMark)
	if err := r.Markdown(&text); err != nil {
		return err
	}
	text.WriteString(endMark)
	text.Write(after)
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

// Package lines cuts text into batches of lines: what is ready is one batch, so
// that a slow source is not held back and a fast one fills its batches.
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

const (
	// MaxLine is the longest line, in bytes: the largest message a topic takes.
	MaxLine = 3 << 20
	// MaxBatch is the most lines in a batch: what one publish takes.
	MaxBatch = 1000
	// MaxBatchBytes bounds a batch, unless it is one line.
	MaxBatchBytes = 1 << 20
)

// Line is one line without its end.
type Line struct {
	// Number counts from 1.
	Number int
	// Text is the content; it belongs to the caller.
	Text []byte
}

// Reader reads a source in a goroutine of its own, at most MaxBatch lines ahead.
// That goroutine ends with the source, or with the first line it has after Close:
// a read in progress cannot be interrupted. Next is for one goroutine.
type Reader struct {
	lines  chan Line
	closed chan struct{}
	err    error // of the source; set before lines is closed
	next   *Line // taken from lines, not yet part of a batch
}

// NewReader starts to read. The caller must call Close.
func NewReader(source io.Reader) *Reader {
	r := &Reader{lines: make(chan Line, MaxBatch), closed: make(chan struct{})}
	go r.read(source)
	return r
}

// Close makes the reader stop. Next must not be called afterwards.
func (r *Reader) Close() { close(r.closed) }

func (r *Reader) read(source io.Reader) {
	defer close(r.lines)
	scanner := bufio.NewScanner(source)
	scanner.Buffer(nil, MaxLine+2) // and its end
	number := 0
	for scanner.Scan() {
		number++
		select {
		case r.lines <- Line{Number: number, Text: append([]byte{}, scanner.Bytes()...)}:
		case <-r.closed:
			return
		}
	}
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		r.err = fmt.Errorf("line %d is longer than %d bytes, the largest message", number+1, MaxLine)
	} else if err != nil {
		r.err = fmt.Errorf("read line %d: %w", number+1, err)
	}
}

// Next waits for a line and returns it with those that are ready too. It returns
// io.EOF at the end, and an error of the source after all lines before it. done
// ends the waiting: then both results are nil.
func (r *Reader) Next(done <-chan struct{}) ([]Line, error) {
	var batch []Line
	size := 0
	for len(batch) < MaxBatch {
		line, state := r.take(done, len(batch) == 0)
		switch {
		case state == ended && len(batch) == 0 && r.err != nil:
			return nil, r.err
		case state == ended && len(batch) == 0:
			return nil, io.EOF
		case state != ready:
			return batch, nil
		case len(batch) > 0 && size+len(line.Text) > MaxBatchBytes:
			r.next = &line
			return batch, nil
		}
		size += len(line.Text)
		batch = append(batch, line)
	}
	return batch, nil
}

type state int

const (
	ready state = iota
	waiting
	ended
)

// take returns the next line; with wait it waits for one.
func (r *Reader) take(done <-chan struct{}, wait bool) (Line, state) {
	if next := r.next; next != nil {
		r.next = nil
		return *next, ready
	}
	select {
	case line, ok := <-r.lines:
		return known(line, ok)
	default:
	}
	if !wait {
		return Line{}, waiting
	}
	select {
	case line, ok := <-r.lines:
		return known(line, ok)
	case <-done:
		return Line{}, waiting
	}
}

func known(line Line, ok bool) (Line, state) {
	if !ok {
		return line, ended
	}
	return line, ready
}

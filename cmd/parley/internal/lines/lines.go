// Package lines cuts a source into lines and hands on each one as soon as it is
// there, so that a slow source is not held back.
package lines

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/semaphore"
)

const (
	// MaxLine is the longest line, in bytes: the largest message a topic takes,
	// with room for what JSON adds to it.
	MaxLine = 6 << 20
	// ahead is how many lines are read before somebody asks for them, and
	// aheadBytes how much they weigh at most; one line always fits.
	ahead      = 1000
	aheadBytes = 8 << 20
)

// Line is one line without its end.
type Line struct {
	// Number counts from 1.
	Number int
	// Text is the content, not necessarily in UTF-8.
	Text string
	// End is how many bytes of the source end with this line.
	End int64
}

func (l Line) weight() int64 { return int64(min(len(l.Text), aheadBytes)) }

// Reader reads a source in a goroutine of its own, at most 1,000 lines or 8 MiB
// ahead. That goroutine ends with the source, or with the first line it has after
// Close: a read in progress cannot be interrupted. Next is for one goroutine.
type Reader struct {
	lines chan Line
	room  *semaphore.Weighted // for bytes of lines
	err   error               // of the source; set before lines is closed
	close context.CancelFunc
}

// NewReader starts to read. The caller must call Close.
func NewReader(source io.Reader) *Reader {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reader{lines: make(chan Line, ahead), room: semaphore.NewWeighted(aheadBytes), close: cancel}
	go r.read(ctx, source)
	return r
}

// Close makes the reader stop. Next must not be called afterwards.
func (r *Reader) Close() { r.close() }

func (r *Reader) read(ctx context.Context, source io.Reader) {
	defer close(r.lines)
	line := Line{}
	scanner := bufio.NewScanner(source)
	scanner.Buffer(nil, MaxLine+2) // and its end
	scanner.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		n, token, err := bufio.ScanLines(data, atEOF)
		line.End += int64(n)
		return n, token, err
	})
	for scanner.Scan() {
		line.Number++
		line.Text = scanner.Text()
		if r.room.Acquire(ctx, line.weight()) != nil {
			return // closed
		}
		select {
		case r.lines <- line:
		case <-ctx.Done():
			return
		}
	}
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		r.err = fmt.Errorf("line %d is longer than %d bytes, more than the largest message", line.Number+1, MaxLine)
	} else if err != nil {
		r.err = fmt.Errorf("read line %d: %w", line.Number+1, err)
	}
}

// Next waits for the next line. It returns io.EOF at the end, an error of the
// source after all lines before it, and the error of ctx if that ends first.
func (r *Reader) Next(ctx context.Context) (Line, error) {
	select {
	case line, ok := <-r.lines:
		switch {
		case ok:
			r.room.Release(line.weight())
			return line, nil
		case r.err != nil:
			return Line{}, r.err
		default:
			return Line{}, io.EOF
		}
	case <-ctx.Done():
		return Line{}, ctx.Err()
	}
}

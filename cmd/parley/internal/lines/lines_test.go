package lines

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

func TestLines(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("x", MaxLine)
	for name, test := range map[string]struct {
		text string
		want []string
		fail string
	}{
		"nothing":             {"", nil, ""},
		"one without end":     {"a", []string{"a"}, ""},
		"an empty line":       {"a\n\nb\n", []string{"a", "", "b"}, ""},
		"ends of Windows":     {"a\r\nb\r\n", []string{"a", "b"}, ""},
		"many":                {strings.Repeat("a\n", 2*ahead), strings.Split(strings.Repeat("a", 2*ahead), ""), ""},
		"not UTF-8":           {"\xff\n", []string{"\xff"}, ""},
		"the longest line":    {"a\n" + longest + "\nb\n", []string{"a", longest, "b"}, ""},
		"longer than that":    {"a\n" + longest + "xxx\n", []string{"a"}, "line 2 is longer"},
		"a source that fails": {"a\nbroken", []string{"a"}, "read line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var source io.Reader = strings.NewReader(test.text)
			if body, broken := strings.CutSuffix(test.text, "broken"); broken {
				source = io.MultiReader(strings.NewReader(body), failing{})
			}
			r := NewReader(source)
			defer r.Close()
			end := int64(0)
			for i, want := range test.want {
				line, err := r.Next(t.Context())
				if err != nil || line.Text != want || line.Number != i+1 || line.End <= end {
					t.Fatalf("line %d: %v, %v", i+1, line, err)
				}
				end = line.End
			}
			_, err := r.Next(t.Context())
			if test.fail == "" && (!errors.Is(err, io.EOF) || end != int64(len(test.text))) {
				t.Errorf("the end is %v, after %d bytes", err, end)
			}
			if test.fail != "" && (err == nil || !strings.Contains(err.Error(), test.fail)) {
				t.Errorf("error %v, want %q", err, test.fail)
			}
		})
	}
}

var errSource = errors.New("source failed")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errSource }

// TestSlow holds that a line does not wait for the next one, nor the caller for a
// line once its context ends.
func TestSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, end := io.Pipe()
		r := NewReader(source)
		defer r.Close()
		go func() { _, _ = end.Write([]byte("first\n")) }()
		if line, err := r.Next(t.Context()); err != nil || line.Text != "first" {
			t.Errorf("%v, %v", line, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if line, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, %v", line, err)
		}
		_ = end.Close()
	})
}

// TestAhead holds that long lines are not read far ahead.
func TestAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, end := io.Pipe()
		r := NewReader(source)
		written, ended := 0, make(chan struct{})
		go func() {
			defer close(ended)
			line := []byte(strings.Repeat("x", 1<<20) + "\n")
			for range 100 {
				if _, err := end.Write(line); err != nil {
					return
				}
				written++
			}
		}()
		synctest.Wait()
		if most := aheadBytes>>20 + 3; written > most { // the scanner holds some more
			t.Errorf("%d lines of 1 MiB were read ahead, want at most %d", written, most)
		}
		for range 20 {
			if _, err := r.Next(t.Context()); err != nil {
				t.Error(err)
			}
		}
		r.Close()
		_ = source.Close()
		<-ended
	})
}

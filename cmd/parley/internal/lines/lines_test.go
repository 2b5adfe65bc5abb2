package lines

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

func TestBatches(t *testing.T) {
	t.Parallel()
	half := strings.Repeat("x", MaxBatchBytes/2)
	for name, test := range map[string]struct {
		text string
		want []int // lines in each batch
		fail string
	}{
		"nothing":             {"", nil, ""},
		"one without end":     {"a", []int{1}, ""},
		"an empty line":       {"a\n\nb\n", []int{3}, ""},
		"many":                {strings.Repeat("a\n", MaxBatch+1), []int{MaxBatch, 1}, ""},
		"large":               {half + "\n" + half + "\n" + half + "\n", []int{2, 1}, ""},
		"the longest line":    {"a\n" + strings.Repeat("x", MaxLine) + "\nb\n", []int{1, 1, 1}, ""},
		"longer than that":    {"a\n" + strings.Repeat("x", MaxLine+3) + "\n", []int{1}, "line 2 is longer"},
		"a source that fails": {"a\nbroken", []int{1}, "read line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { batches(t, test.text, test.want, test.fail) })
		})
	}
}

var errSource = errors.New("source failed")

func batches(t *testing.T, text string, want []int, fail string) {
	var source io.Reader = strings.NewReader(text)
	if body, broken := strings.CutSuffix(text, "broken"); broken {
		source = io.MultiReader(strings.NewReader(body), failing{})
	}
	r := NewReader(source)
	defer r.Close()
	number := 0
	for _, count := range want {
		synctest.Wait() // all that the reader takes ahead is ready
		batch, err := r.Next(t.Context().Done())
		if err != nil || len(batch) != count {
			t.Fatalf("%d lines, %v, want %d", len(batch), err, count)
		}
		for _, line := range batch {
			if number++; line.Number != number {
				t.Fatalf("line %d is numbered %d", number, line.Number)
			}
		}
	}
	batch, err := r.Next(t.Context().Done())
	if fail == "" && (batch != nil || !errors.Is(err, io.EOF)) {
		t.Errorf("%d lines, %v, want the end", len(batch), err)
	}
	if fail != "" && (err == nil || !strings.Contains(err.Error(), fail)) {
		t.Errorf("error %v, want %q", err, fail)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errSource }

// TestSlow holds that a line does not wait for the next one, nor the caller for a
// line once it is done.
func TestSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, end := io.Pipe()
		r := NewReader(source)
		defer r.Close()
		go func() { _, _ = end.Write([]byte("first\n")) }()
		batch, err := r.Next(t.Context().Done())
		if err != nil || len(batch) != 1 || string(batch[0].Text) != "first" {
			t.Errorf("%v, %v", batch, err)
		}
		done := make(chan struct{})
		go close(done)
		if batch, err := r.Next(done); batch != nil || err != nil {
			t.Errorf("%v, %v, want neither", batch, err)
		}
		_ = end.Close()
	})
}

package console

import (
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		messages   uint64
		done, size int64
		elapsed    time.Duration
		want       string
	}{
		{500, 0, 0, time.Second, "500 messages, 500 per second"},
		{1_250_000, 25, 100, 10 * time.Second, "1,250,000 messages, 125,000 per second, 25 %, 30s left"},
		{10, 100, 100, 2 * time.Second, "10 messages, 5 per second, 100 %, 0s left"},
		{10, 101, 100, 2 * time.Second, "10 messages, 5 per second"}, // a file that grew
		{3, 1, 1_000_000, time.Millisecond, "3 messages, 3,000 per second, 0 %, 16m40s left"},
	} {
		if got := progressLine(test.messages, test.done, test.size, test.elapsed); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

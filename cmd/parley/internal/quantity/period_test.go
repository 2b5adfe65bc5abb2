package quantity

import (
	"math"
	"testing"
	"time"
)

func TestParsePeriod(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"24h": day, "1d": day, "7d": week, "2w": 2 * week, "1w2d": 9 * day, "1d12h": 36 * time.Hour, "1w30s": week + 30*time.Second,
		"1.5h": 90 * time.Minute, "0s": 0, "0d": 0, "-1h": -time.Hour, "106751d": 106751 * day,
	} {
		if got, err := ParsePeriod(text); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "7", "d", "1.5d", "-1d", "1d-1h", "2d1w", "1d 2h", "7 days", "1y", "106752d", "106751d24h", "9999999w", "99999999999999999999d", "1d\n"} {
		if got, err := ParsePeriod(text); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for want, length := range map[string]time.Duration{
		"0s": 0, "10s": 10 * time.Second, "10m": 10 * time.Minute, "10m1s": 601 * time.Second, "23h": 23 * time.Hour,
		"1d": day, "7d": week, "1d12h": 36 * time.Hour, "365d1ms": 365*day + time.Millisecond, "1h0m1s": time.Hour + time.Second,
		"-25h": -25 * time.Hour, "106751d23h47m16.854775807s": math.MaxInt64,
	} {
		got := FormatPeriod(length)
		if back, err := ParsePeriod(got); got != want || err != nil || back != length {
			t.Errorf("%s: %q, which reads as %s, %v, want %q", length, got, back, err, want)
		}
	}
}

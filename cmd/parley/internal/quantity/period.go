package quantity

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

var (
	errForm = errors.New("write it like 30s, 24h, 7d, 2w or 1d12h")
	days    = regexp.MustCompile(`^(?:(\d+)w)?(?:(\d+)d)?(.*)$`)
)

// ParsePeriod reads a length of time: whole weeks and days of 24 hours, then whatever
// [time.ParseDuration] reads. Each part may be missing, but not all.
func ParsePeriod(text string) (time.Duration, error) {
	parts := days.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%q is no length of time: %w", text, errForm)
	}
	var length, rest time.Duration
	if parts[3] != "" || parts[0] == "" {
		parsed, err := time.ParseDuration(parts[3])
		if err != nil || parts[3] != text && parsed < 0 {
			return 0, fmt.Errorf("%q is no length of time: %w", text, errForm)
		}
		rest = parsed
	}
	for i, unit := range []time.Duration{week, day} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(parts[i+1], 10, 64)
		if err != nil || n > int64((math.MaxInt64-length-max(rest, 0))/unit) {
			return 0, fmt.Errorf("%q is longer than 292 years", text)
		}
		length += time.Duration(n) * unit
	}
	return length + rest, nil
}

// FormatPeriod writes a length of time so that ParsePeriod reads the same, without
// parts that are zero: 7d, 1d12h, 10m.
func FormatPeriod(length time.Duration) string {
	whole, rest := length/day, length%day
	if length < day {
		whole, rest = 0, length
	}
	text := rest.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	switch {
	case whole == 0:
		return text
	case rest == 0:
		return fmt.Sprintf("%dd", whole)
	default:
		return fmt.Sprintf("%dd%s", whole, text)
	}
}

// Period is a length of time in which days and weeks may be named.
type Period time.Duration

// UnmarshalText accepts what [ParsePeriod] reads, such as 24h, 7d and 2w.
func (p *Period) UnmarshalText(text []byte) error {
	length, err := ParsePeriod(string(text))
	*p = Period(length)
	return err
}

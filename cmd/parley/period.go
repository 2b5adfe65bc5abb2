package main

import (
	"time"

	"github.com/parleyhq/parley/cmd/parley/internal/span"
)

// period is a length of time in which days and weeks may be named.
type period time.Duration

// UnmarshalText accepts what [span.Parse] reads, such as 24h, 7d and 2w.
func (p *period) UnmarshalText(text []byte) error {
	length, err := span.Parse(string(text))
	*p = period(length)
	return err
}

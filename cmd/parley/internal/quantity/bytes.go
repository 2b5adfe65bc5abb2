package quantity

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// Bytes is a number of bytes on the command line: 1048576, 10GiB or 5MB.
type Bytes uint64

// UnmarshalText accepts a number with or without a unit of 1000s or 1024s.
func (b *Bytes) UnmarshalText(text []byte) error {
	bytes, err := humanize.ParseBytes(string(text))
	if err != nil {
		return fmt.Errorf("%q is no size: use bytes or a unit, such as 1048576, 10GiB or 5MB", text)
	}
	*b = Bytes(bytes)
	return nil
}

package ledger

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// ErrCorrupt is returned for a text that is not as [Name.Text] made it.
var ErrCorrupt = errors.New("the message is not what its publisher wrote")

// Name names one message of the workload: the Counter-th of a publisher, from 1.
type Name struct {
	Publisher int
	Counter   uint64
}

// ID is the message's id, such as p3-17.
func (n Name) ID() string { return fmt.Sprintf("p%d-%d", n.Publisher, n.Counter) }

// Text is the message's content: its name, a checksum and filler. The same name
// always has the same text, of about 40 to 600 bytes.
func (n Name) Text() string {
	filler := strings.Repeat(string(rune('a'+n.Counter%26)), int(n.Counter*7919%560))
	rest := n.ID() + " " + filler
	return fmt.Sprintf("%08x %s", checksum(rest), rest)
}

// ParseText returns the name of the message with this text. The error matches
// [ErrCorrupt].
func ParseText(text string) (Name, error) {
	sum, rest, _ := strings.Cut(text, " ")
	id, _, _ := strings.Cut(rest, " ")
	if sum != fmt.Sprintf("%08x", checksum(rest)) {
		return Name{}, fmt.Errorf("checksum of %.60q: %w", text, ErrCorrupt)
	}
	return ParseID(id)
}

// ParseID returns the name of the message with this id. The error matches
// [ErrCorrupt].
func ParseID(id string) (Name, error) {
	publisher, counter, _ := strings.Cut(strings.TrimPrefix(id, "p"), "-")
	number, err := strconv.Atoi(publisher)
	if err != nil {
		return Name{}, fmt.Errorf("publisher of %.60q: %w", id, ErrCorrupt)
	}
	count, err := strconv.ParseUint(counter, 10, 64)
	if err != nil {
		return Name{}, fmt.Errorf("counter of %.60q: %w", id, ErrCorrupt)
	}
	return Name{Publisher: number, Counter: count}, nil
}

func checksum(text string) uint32 {
	return crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli))
}

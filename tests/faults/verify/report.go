package verify

import (
	"fmt"
	"strings"
)

// Report is the result of a check. The lists name what is wrong, and are empty
// where nothing is.
type Report struct {
	Stored       int `json:"stored"`       // messages read from the topic
	Acknowledged int `json:"acknowledged"` // messages that have a receipt
	Observed     int `json:"observed"`     // messages that readers noted
	Gapped       int `json:"gapped"`       // acknowledged, and reported as missing by a gap
	// Receipts counts receipts by RPC, protocol, codec and HTTP version.
	Receipts map[string]int `json:"receipts"`

	Lost       Findings `json:"lost,omitempty"`       // acknowledged or read before, missing without a gap
	Duplicated Findings `json:"duplicated,omitempty"` // one id under two sequences
	Reordered  Findings `json:"reordered,omitempty"`  // against the order of their publisher
	Reissued   Findings `json:"reissued,omitempty"`   // one sequence, two messages
	Corrupted  Findings `json:"corrupted,omitempty"`  // not what was written
	Invented   Findings `json:"invented,omitempty"`   // nobody wrote them
	Holes      Findings `json:"holes,omitempty"`      // a sequence left out without a gap
}

// Findings are descriptions of what is wrong.
type Findings []string

func (f *Findings) addf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// kinds names the lists.
func (r *Report) kinds() map[string]Findings {
	return map[string]Findings{
		"lost": r.Lost, "duplicated": r.Duplicated, "reordered": r.Reordered, "re-issued": r.Reissued,
		"corrupted": r.Corrupted, "invented": r.Invented, "holes": r.Holes,
	}
}

// Clean reports whether nothing is wrong. Gaps are not: whether one may be there
// depends on the test.
func (r *Report) Clean() bool {
	for _, findings := range r.kinds() {
		if len(findings) > 0 {
			return false
		}
	}
	return true
}

// String sums up the report in one line, with the first finding of each kind.
func (r *Report) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "acknowledged %d, stored %d, observed %d, gapped %d, lost %d, re-issued %d",
		r.Acknowledged, r.Stored, r.Observed, r.Gapped, len(r.Lost), len(r.Reissued))
	for kind, findings := range r.kinds() {
		if len(findings) > 0 {
			fmt.Fprintf(&text, "; %s %d, first: %s", kind, len(findings), findings[0])
		}
	}
	return text.String()
}

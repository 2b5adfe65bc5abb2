package verify

import (
	"maps"
	"slices"

	"github.com/parleyhq/parley/tests/faults/ledger"
)

// Message is one message as it was read.
type Message struct {
	Sequence uint64
	ID       string
	Text     string
}

// Gap is a run of sequences, both included, that a reader was told is missing.
type Gap struct{ First, Last uint64 }

// Topic is what a reading of a whole topic gave.
type Topic struct {
	Messages []Message // in the order read
	Gaps     []Gap
	Last     uint64 // the topic's last sequence when the reading began
}

// Check compares a reading with the journals. before was loaded before the
// reading began, after when it had ended, so that a check may run while
// publishers do: what before promises must be there, and what is there must have
// been sent by after. Nobody may have removed messages, and sequence 1 must have
// been the topic's first.
func Check(topic Topic, before, after map[string][]ledger.Entry) *Report {
	c := checker{
		report: &Report{Stored: len(topic.Messages), Receipts: make(map[string]int)},
		topic:  topic,
		byID:   make(map[string]uint64),
		bySeq:  make(map[uint64]string),
		issued: make(map[uint64]string),
		placed: make(map[string]uint64),
	}
	c.readTopic()
	c.checkSent(after)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		c.checkReader(name, before[name])
		c.checkReceipts(before[name])
	}
	return c.report
}

type checker struct {
	report *Report
	topic  Topic
	byID   map[string]uint64 // as read
	bySeq  map[uint64]string // as read
	issued map[uint64]string // sequence to id, by receipts and readers
	placed map[string]uint64 // id to sequence, by receipts and readers
}

// readTopic checks the reading in itself.
func (c *checker) readTopic() {
	expected := uint64(1)
	latest := make(map[int]uint64) // publisher to counter
	for _, message := range c.topic.Messages {
		expected = c.over(expected, message.Sequence)
		if message.Sequence != expected {
			c.report.Holes.addf("sequence %d follows %d", message.Sequence, expected-1)
		}
		expected = message.Sequence + 1
		if earlier, ok := c.byID[message.ID]; ok {
			c.report.Duplicated.addf("%s has sequences %d and %d", message.ID, earlier, message.Sequence)
		}
		if earlier, ok := c.bySeq[message.Sequence]; ok {
			c.report.Reissued.addf("sequence %d is %s and %s", message.Sequence, earlier, message.ID)
		}
		c.byID[message.ID], c.bySeq[message.Sequence] = message.Sequence, message.ID
		name, err := ledger.ParseText(message.Text)
		if err != nil || name.ID() != message.ID || name.Text() != message.Text {
			c.report.Corrupted.addf("sequence %d: id %s, text %.60q", message.Sequence, message.ID, message.Text)
			continue
		}
		if name.Counter <= latest[name.Publisher] {
			c.report.Reordered.addf("%s at sequence %d comes after counter %d", message.ID, message.Sequence, latest[name.Publisher])
		}
		latest[name.Publisher] = name.Counter
	}
	for expected = c.over(expected, c.topic.Last+1); expected <= c.topic.Last; expected = c.over(expected+1, c.topic.Last+1) {
		c.report.Holes.addf("sequence %d is missing, the last is %d", expected, c.topic.Last)
	}
}

// over returns the first sequence from one on, and not beyond limit, that is in
// no gap. A gap may be as long as a recovery's leap: it is not walked through.
func (c *checker) over(sequence, limit uint64) uint64 {
	for moved := true; moved && sequence < limit; {
		moved = false
		for _, gap := range c.topic.Gaps {
			if gap.First <= sequence && sequence <= gap.Last {
				sequence, moved = min(gap.Last+1, limit), true
			}
		}
	}
	return sequence
}

func (c *checker) gapped(sequence uint64) bool {
	return slices.ContainsFunc(c.topic.Gaps, func(g Gap) bool { return g.First <= sequence && sequence <= g.Last })
}

// checkSent looks for messages that nobody sent.
func (c *checker) checkSent(journals map[string][]ledger.Entry) {
	sent := make(map[int]uint64) // publisher to the highest counter
	for _, entries := range journals {
		for _, entry := range entries {
			if entry.Sent != nil {
				sent[entry.Sent.Publisher] = max(sent[entry.Sent.Publisher], entry.Sent.To)
			}
		}
	}
	for _, message := range c.topic.Messages {
		name, err := ledger.ParseID(message.ID)
		if err != nil || name.Counter == 0 || name.Counter > sent[name.Publisher] {
			c.report.Invented.addf("%s at sequence %d was never sent", message.ID, message.Sequence)
		}
	}
}

// checkReader compares with what a reader was given, which must be whole too.
func (c *checker) checkReader(reader string, entries []ledger.Entry) {
	var last uint64
	for _, entry := range entries {
		for _, seen := range entry.Seen {
			c.report.Observed++
			last = c.over(last+1, seen.Sequence) - 1
			if seen.Sequence != last+1 {
				c.report.Holes.addf("%s was given sequence %d after %d", reader, seen.Sequence, last)
			}
			last = seen.Sequence
			c.place(seen, "read by "+reader)
		}
	}
}

func (c *checker) checkReceipts(entries []ledger.Entry) {
	acknowledged := make(map[string]bool)
	for _, entry := range entries {
		if entry.Acked != nil || entry.Stream != nil {
			c.report.Receipts[entry.Via]++
		}
		for _, acked := range entry.Acked {
			acknowledged[acked.ID] = true
			c.place(acked, "acknowledged to "+entry.Via)
		}
		if run := entry.Stream; run != nil {
			for counter := run.From; counter <= run.To; counter++ {
				id := ledger.Name{Publisher: run.Publisher, Counter: counter}.ID()
				acknowledged[id] = true
				c.checkRun(*run, id, entry.Via)
			}
		}
	}
	c.report.Acknowledged += len(acknowledged)
}

// place checks one message whose sequence somebody was told.
func (c *checker) place(told ledger.Place, how string) {
	if earlier, ok := c.issued[told.Sequence]; ok && earlier != told.ID {
		c.report.Reissued.addf("sequence %d was %s, then %s, %s", told.Sequence, earlier, told.ID, how)
	}
	if earlier, ok := c.placed[told.ID]; ok && earlier != told.Sequence {
		c.report.Duplicated.addf("%s was told to be %d, then %d, %s", told.ID, earlier, told.Sequence, how)
	}
	c.issued[told.Sequence], c.placed[told.ID] = told.ID, told.Sequence
	stored, ok := c.bySeq[told.Sequence]
	switch {
	case ok && stored == told.ID:
	case ok:
		c.report.Reissued.addf("sequence %d is %s, but was %s, %s", told.Sequence, stored, told.ID, how)
	case c.gapped(told.Sequence):
		c.report.Gapped++
	default:
		c.report.Lost.addf("%s at sequence %d, %s", told.ID, told.Sequence, how)
	}
}

// checkRun checks one message of a run of which only the bounds were told. Where
// they are unknown and there are gaps, it may lie in one.
func (c *checker) checkRun(run ledger.Run, id, via string) {
	sequence, ok := c.byID[id]
	switch {
	case !ok && len(c.topic.Gaps) > 0:
		c.report.Gapped++
	case !ok:
		c.report.Lost.addf("%s, acknowledged to %s within %d to %d", id, via, run.First, run.Last)
	case run.First > 0 && (sequence < run.First || sequence > run.Last):
		c.report.Duplicated.addf("%s at sequence %d was acknowledged to %s within %d to %d", id, sequence, via, run.First, run.Last)
	}
}

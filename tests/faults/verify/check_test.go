package verify_test

import (
	"slices"
	"testing"

	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/verify"
)

// fixture is a topic of two publishers, as a sound server leaves it.
type fixture struct {
	topic    verify.Topic
	journals map[string][]ledger.Entry
}

func id(publisher int, counter uint64) string {
	return ledger.Name{Publisher: publisher, Counter: counter}.ID()
}

func message(sequence uint64, publisher int, counter uint64) verify.Message {
	name := ledger.Name{Publisher: publisher, Counter: counter}
	return verify.Message{Sequence: sequence, ID: name.ID(), Text: name.Text()}
}

func sound() *fixture {
	return &fixture{
		topic: verify.Topic{Last: 6, Messages: []verify.Message{
			message(1, 1, 1), message(2, 2, 1), message(3, 1, 2), message(4, 2, 2), message(5, 2, 3), message(6, 1, 3),
		}},
		journals: map[string][]ledger.Entry{
			"publisher-1": {
				{Sent: &ledger.Sent{Publisher: 1, From: 1, To: 3}},
				{Acked: []ledger.Place{{ID: id(1, 1), Sequence: 1}, {ID: id(1, 2), Sequence: 3}}, Via: "Publish"},
			},
			"publisher-2": {
				{Sent: &ledger.Sent{Publisher: 2, From: 1, To: 3}},
				{Stream: &ledger.Run{Sent: ledger.Sent{Publisher: 2, From: 1, To: 3}, First: 2, Last: 5}, Via: "PublishStream"},
			},
			"reader-1": {
				{Seen: []ledger.Place{{ID: id(1, 1), Sequence: 1}, {ID: id(2, 1), Sequence: 2}}},
				{Seen: []ledger.Place{{ID: id(1, 2), Sequence: 3}}},
			},
		},
	}
}

// drop removes the message at an index of the reading.
func (f *fixture) drop(index int) { f.topic.Messages = slices.Delete(f.topic.Messages, index, index+1) }

// acked is a further receipt.
func (f *fixture) acked(id string, sequence uint64) {
	f.journals["publisher-1"] = append(f.journals["publisher-1"], ledger.Entry{Acked: []ledger.Place{{ID: id, Sequence: sequence}}})
}

// TestCheckFinds doctors a sound topic and its journals, and expects each kind
// of damage to be found by name.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	lost := func(r *verify.Report) verify.Findings { return r.Lost }
	duplicated := func(r *verify.Report) verify.Findings { return r.Duplicated }
	reordered := func(r *verify.Report) verify.Findings { return r.Reordered }
	reissued := func(r *verify.Report) verify.Findings { return r.Reissued }
	corrupted := func(r *verify.Report) verify.Findings { return r.Corrupted }
	invented := func(r *verify.Report) verify.Findings { return r.Invented }
	holes := func(r *verify.Report) verify.Findings { return r.Holes }
	for _, test := range []struct {
		name   string
		doctor func(*fixture)
		finds  func(*verify.Report) verify.Findings
	}{
		{"an acknowledged message is gone", func(f *fixture) { f.drop(2) }, lost},
		{"the acknowledged end is gone", func(f *fixture) {
			f.acked(id(1, 3), 6)
			f.drop(5)
			f.topic.Last = 5
		}, lost},
		{"a message of a stream receipt is gone", func(f *fixture) { f.drop(3) }, lost},
		{"a message that was read is gone", func(f *fixture) {
			f.topic.Messages, f.topic.Last = f.topic.Messages[:2], 2
			f.journals["publisher-1"] = f.journals["publisher-1"][:1]
		}, lost},
		{"an id is stored twice", func(f *fixture) {
			f.topic.Messages, f.topic.Last = append(f.topic.Messages, message(7, 1, 3)), 7
		}, duplicated},
		{"a retry got another sequence", func(f *fixture) { f.acked(id(1, 2), 4) }, duplicated},
		{"a stream receipt has other bounds", func(f *fixture) { f.journals["publisher-2"][1].Stream.Last = 4 }, duplicated},
		{"a publisher's messages change places", func(f *fixture) {
			f.journals = map[string][]ledger.Entry{"publisher-1": f.journals["publisher-1"][:1], "publisher-2": f.journals["publisher-2"]}
			f.topic.Messages[0], f.topic.Messages[2] = message(1, 1, 2), message(3, 1, 1)
		}, reordered},
		{"two receipts name one sequence", func(f *fixture) { f.acked(id(1, 3), 3) }, reissued},
		{"a sequence has another message than its receipt", func(f *fixture) {
			f.topic.Messages[2] = message(3, 1, 3)
		}, reissued},
		{"a sequence has another message than was read", func(f *fixture) {
			f.journals["reader-1"][1].Seen[0].ID = id(1, 3)
		}, reissued},
		{"a page has a sequence twice", func(f *fixture) { f.topic.Messages[5].Sequence = 5 }, reissued},
		{"a text is changed", func(f *fixture) { f.topic.Messages[1].Text += "x" }, corrupted},
		{"a text belongs to another id", func(f *fixture) { f.topic.Messages[1].Text = f.topic.Messages[0].Text }, corrupted},
		{"a text is cut", func(f *fixture) { f.topic.Messages[1].Text = "" }, corrupted},
		{"nobody sent a message", func(f *fixture) {
			f.topic.Messages, f.topic.Last = append(f.topic.Messages, message(7, 1, 4)), 7
		}, invented},
		{"an id is not one of ours", func(f *fixture) { f.topic.Messages[5].ID = "stranger" }, invented},
		{"a message without receipt leaves a hole", func(f *fixture) { f.drop(5) }, holes},
		{"a reader was led over a hole", func(f *fixture) {
			f.journals["reader-1"] = f.journals["reader-1"][1:]
		}, holes},
		{"a gap covers less than is missing", func(f *fixture) {
			f.topic.Gaps = []verify.Gap{{First: 4, Last: 4}}
			f.topic.Messages = slices.Delete(f.topic.Messages, 2, 4)
		}, lost},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := sound()
			test.doctor(f)
			report := verify.Check(f.topic, f.journals, f.journals)
			if report.Clean() || len(test.finds(report)) == 0 {
				t.Errorf("not found; the report is %s", report)
			}
		})
	}
}

// TestCheckAccepts keeps the check from crying wolf.
func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*fixture)
		gapped int
	}{
		{name: "a sound topic", change: func(*fixture) {}},
		{name: "a retry with its first sequence", change: func(f *fixture) { f.acked(id(1, 2), 3) }},
		{name: "messages nobody was told of", change: func(f *fixture) {
			f.topic.Messages, f.topic.Last = f.topic.Messages[:5], 5
		}},
		{name: "a loss that a gap reports", gapped: 2, change: func(f *fixture) {
			f.topic.Gaps = []verify.Gap{{First: 3, Last: 3}}
			f.drop(2)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := sound()
			test.change(f)
			report := verify.Check(f.topic, f.journals, f.journals)
			if !report.Clean() || report.Gapped != test.gapped || report.Acknowledged != 5 || report.Observed != 3 {
				t.Errorf("report: %s, want it clean with gapped %d, acknowledged 5, observed 3", report, test.gapped)
			}
		})
	}
}

// TestCheckBesideWriters checks a topic to which publishers go on writing.
func TestCheckBesideWriters(t *testing.T) {
	t.Parallel()
	f := sound()
	after := map[string][]ledger.Entry{"publisher-1": {{Sent: &ledger.Sent{Publisher: 1, From: 1, To: 4}}}, "publisher-2": f.journals["publisher-2"]}
	f.topic.Messages = append(f.topic.Messages, message(7, 1, 4))
	if report := verify.Check(f.topic, f.journals, after); !report.Clean() {
		t.Errorf("report: %s", report)
	}
}

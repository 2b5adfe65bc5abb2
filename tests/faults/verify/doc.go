// Package verify compares a topic with the journals of its publishers and
// readers (package ledger). It finds messages that were acknowledged or read and
// are gone, stored twice, out of their publisher's order, under a sequence that
// was issued before for another message, changed, never written, or missing
// without a gap.
package verify

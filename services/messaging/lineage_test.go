package messaging_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
)

// lineage is a topic "a" that lost its end: in its former epoch it had the
// messages 1 to 8, of which those up to end are left. The present epoch has one
// message, next.
type lineage struct {
	caller

	former, present string
	end, next       uint64
}

// TestCursorsAfterRecovery cuts the end off the log of a server that has stopped.
func TestCursorsAfterRecovery(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	former := publishEight(t, dir)
	logs, err := filepath.Glob(filepath.Join(dir, "*", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	for _, path := range logs {
		content, err := os.ReadFile(path)
		if err == nil {
			written := len(bytes.TrimRight(content, "\x00")) // zeros follow
			err = os.Truncate(path, int64(written)*3/4)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	config := messaging.DefaultConfig()
	config.DataDir = dir
	if _, err := messaging.New(slog.New(slog.DiscardHandler), config); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("open: %v", err)
	}
	finding, err := pebblestore.Recover(pebblestore.Options{Dir: dir}, pebblestore.Recovery{AcceptLoss: true})
	var loss *store.LossError
	if err != nil || !errors.As(finding, &loss) || len(loss.Topics) != 1 || loss.Topics[0].Found < 2 || loss.Topics[0].Found > 7 {
		t.Fatalf("recover: %v, %v", finding, err)
	}
	testCursors(t, dir, lineage{former: former, end: loss.Topics[0].Found})
}

// TestCursorsAfterRestore restores a backup that is older than what readers saw.
func TestCursorsAfterRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, backup, restored := filepath.Join(dir, "data"), filepath.Join(dir, "backup"), filepath.Join(dir, "restored")
	former := publishEight(t, data)
	s, err := pebblestore.Open(pebblestore.Options{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Backup(t.Context(), backup), s.Close()); err != nil {
		t.Fatal(err)
	}
	server := start(t, data)
	seen := server.call(t, binary).publish(t, "a", text("", "seen, and not in the backup"))
	if err := server.stop(); err != nil || seen.GetLastSequence() != 9 {
		t.Fatal(err, seen)
	}
	if err := pebblestore.Restore(backup, pebblestore.Options{Dir: restored}); err != nil {
		t.Fatal(err)
	}
	testCursors(t, restored, lineage{former: former, end: 8})
}

// publishEight makes topic "a" in a new directory and returns its epoch.
func publishEight(t *testing.T, dir string) string {
	t.Helper()
	server := start(t, dir)
	c := server.call(t, binary)
	epoch := c.create(t, &messagingv1.Topic{Name: "a"}).GetEpoch()
	for _, m := range texts(1, 8) {
		c.publish(t, "a", m)
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	return epoch
}

// testCursors starts a server over the directory and reads from all kinds of
// places.
func testCursors(t *testing.T, dir string, l lineage) {
	t.Helper()
	server := start(t, dir)
	l.caller = server.call(t, binary)
	receipt := l.publish(t, "a", text("", "new"))
	l.present, l.next = receipt.GetEpoch(), receipt.GetFirstSequence()
	if l.present == l.former || l.next < 10 {
		t.Fatalf("receipt %v", receipt)
	}
	lost, fresh := fmt.Sprintf("DATA_LOSS %d to n-1, on at n", l.end+1), "n of present"
	all := append(l.formerFrom(1), lost, fresh)
	for name, test := range map[string]struct {
		start *messagingv1.Start
		want  []string
	}{
		"before the end":       {at(l.former, l.end-1), append(l.formerFrom(l.end), lost, fresh)},
		"at the end":           {at(l.former, l.end), []string{lost, fresh}},
		"beyond the end":       {at(l.former, l.end+1), []string{fmt.Sprintf("DATA_LOSS %d to 0, on at n", l.end+2), fresh}},
		"beyond the leap":      {at(l.former, l.next+5), []string{"DATA_LOSS n+6 to 0, on at n", fresh}},
		"present":              {at(l.present, l.next-1), []string{fresh}},
		"present, in the leap": {at(l.present, l.end+1), []string{fmt.Sprintf("DATA_LOSS %d to n-1, on at n", l.end+2), fresh}},
		"unknown":              {at("unknown", 3), append([]string{"TOPIC_RECREATED 4 to 0, on at 1"}, all...)},
		"earliest":             {nil, all},
		"sequence in the leap": {&messagingv1.Start{Position: &messagingv1.Start_Sequence{Sequence: l.end + 3}}, []string{fmt.Sprintf("DATA_LOSS %d to n-1, on at n", l.end+3), fresh}},
		"last":                 {&messagingv1.Start{Position: &messagingv1.Start_Last{Last: 2}}, append(l.formerFrom(l.end), lost, fresh)},
	} {
		t.Run(name, func(t *testing.T) {
			for how, got := range map[string][]string{
				"Subscribe": l.subscribed(t, test.start), "ReadMessages": l.paged(t, test.start), "Exchange": l.exchanged(t, test.start),
			} {
				if !slices.Equal(got, test.want) {
					t.Errorf("%s: %q, want %q", how, got, test.want)
				}
			}
		})
	}
	_, err := l.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "a", Start: at(l.present, l.next+1)})
	fails(t, err, connect.CodeOutOfRange, errorv1.Reason_REASON_POSITION_AHEAD)

	if _, err := l.DeleteTopic(t.Context(), &messagingv1.DeleteTopicRequest{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	l.create(t, &messagingv1.Topic{Name: "a"})
	if got, want := l.subscribed(t, at(l.former, 1)), []string{"TOPIC_RECREATED 2 to 0, on at 1"}; !slices.Equal(got, want) {
		t.Errorf("created again: %q, want %q", got, want)
	}
}

func at(epoch string, sequence uint64) *messagingv1.Start {
	return &messagingv1.Start{Position: &messagingv1.Start_After{After: &messagingv1.Cursor{Epoch: epoch, Sequence: sequence}}}
}

// formerFrom is how the messages of the former epoch from one on are told.
func (l lineage) formerFrom(sequence uint64) (list []string) {
	for ; sequence <= l.end; sequence++ {
		list = append(list, fmt.Sprintf("%d of former", sequence))
	}
	return list
}

// delivered is a response that delivers.
type delivered interface {
	GetGap() *messagingv1.Gap
	GetMessages() []*messagingv1.Message
	GetCursor() *messagingv1.Cursor
}

// tell says what a response delivers: its gap, and its messages with the epoch of
// its cursor. Sequences near next are told by it.
func (l lineage) tell(t *testing.T, res delivered) (list []string) {
	t.Helper()
	if gap := res.GetGap(); gap != nil {
		reason := strings.TrimPrefix(gap.GetReason().String(), "GAP_REASON_")
		list = append(list, fmt.Sprintf("%s %s to %s, on at %s", reason,
			l.name(gap.GetFirstMissing()), l.name(gap.GetLastMissing()), l.name(gap.GetResumedAt())))
		if res.GetCursor().GetSequence()+1 < gap.GetResumedAt() {
			t.Errorf("cursor %v after gap %v", res.GetCursor(), gap)
		}
	}
	epoch := map[string]string{l.former: "former", l.present: "present"}[res.GetCursor().GetEpoch()]
	for _, m := range res.GetMessages() {
		list = append(list, fmt.Sprintf("%s of %s", l.name(m.GetSequence()), epoch))
	}
	return list
}

func (l lineage) name(sequence uint64) string {
	switch {
	case sequence+100 < l.next:
		return strconv.FormatUint(sequence, 10)
	case sequence == l.next:
		return "n"
	default:
		return fmt.Sprintf("n%+d", int64(sequence-l.next))
	}
}

func (l lineage) subscribed(t *testing.T, start *messagingv1.Start) (list []string) {
	t.Helper()
	stream, err := l.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "a", Start: start, StopAtHead: true})
	if err != nil {
		t.Fatal(err)
	}
	responses, err := receiveAll(t, stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range responses {
		list = append(list, l.tell(t, res)...)
	}
	return list
}

// paged reads message by message, each page after the cursor of the one before.
func (l lineage) paged(t *testing.T, start *messagingv1.Start) (list []string) {
	t.Helper()
	for {
		page, err := l.ReadMessages(t.Context(), &messagingv1.ReadMessagesRequest{Topic: "a", Start: start, MaxMessages: 1})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l.tell(t, page)...)
		if page.GetCursor().GetSequence() == page.GetLastSequence() {
			return list
		}
		start = at(page.GetCursor().GetEpoch(), page.GetCursor().GetSequence())
	}
}

func (l lineage) exchanged(t *testing.T, start *messagingv1.Start) (list []string) {
	t.Helper()
	stream, err := l.Exchange(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	err = stream.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Subscribe{Subscribe: &messagingv1.SubscribeCommand{
		SubscriptionId: 1, Request: &messagingv1.SubscribeRequest{Topic: "a", Start: start, StopAtHead: true},
	}}})
	for err == nil {
		var res *messagingv1.ExchangeResponse
		if res, err = stream.Receive(); err == nil && res.GetDelivery() != nil {
			if res.GetDelivery().GetEnd() != nil {
				return list
			}
			list = append(list, l.tell(t, res.GetDelivery())...)
		}
	}
	t.Fatal(err)
	return nil
}

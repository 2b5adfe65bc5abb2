package chat

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

func expect(t *testing.T, heard *diary, want ...string) {
	t.Helper()
	if !slices.Equal(heard.entries, want) {
		t.Errorf("heard %q\nwant  %q", heard.entries, want)
	}
}

func unconfirmed(s *Session) int {
	lines, _ := s.Unconfirmed()
	return lines
}

func bob(text string, sequence uint64) *messagingv1.Message {
	return &messagingv1.Message{Key: "bob", Sequence: sequence, Payload: &messagingv1.Message_Text{Text: text}}
}

// TestTalk holds that own lines are confirmed once, by whatever says it first, and
// that the end waits for every receipt.
func TestTalk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		session, heard, err := talk(t, says("one", "two", "three"), func(p peer) error {
			p.begin(7, 7)
			p.hears("one", 8)
			two := p.hears("two", 10)
			p.hears("three", 11)
			p.stored(1, 8)
			p.deliver(10, 10, bob("hi", 9), two)
			p.stored(2, 10)
			synctest.Wait()
			p.stored(3, 11)
			return p.end()
		})
		if err != nil || unconfirmed(session) != 0 || session.Cursor().GetSequence() != 10 {
			t.Errorf("%v, %d unconfirmed, %v", err, unconfirmed(session), session.Cursor())
		}
		expect(t, heard, "joined at 7", "line 1 is 8", "bob: hi", "line 2 is 10", "line 3 is 11")
	})
}

// TestResume breaks a stream that has stored one of two lines and told nobody. The
// next one reads up to the end before it sends, and only what is not there, with
// the id it had.
func TestResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var one, two *messagingv1.Message
		_, heard, err := talk(t, says("one", "two"),
			func(p peer) error {
				if start := p.begin(5, 5); start != -1 {
					t.Errorf("starts after %d, want the end", start)
				}
				one, two = p.hears("one", 6), p.hears("two", 0)
				return drained()
			},
			func(p peer) error {
				if start := p.begin(5, 7); start != 5 {
					t.Errorf("goes on after %d, want 5", start)
				}
				synctest.Wait() // it is not at the end: nothing may be sent yet
				p.deliver(6, 7, one)
				p.deliver(7, 7, bob("hi", 7))
				if again := p.hears("two", 8); again.GetId() != two.GetId() || again.GetId() == one.GetId() {
					t.Errorf("sent again as %q, want %q", again.GetId(), two.GetId())
				}
				p.stored(2, 8)
				return p.end()
			})
		if err != nil {
			t.Error(err)
		}
		expect(t, heard, "joined at 5", "broken after 5", "resumed", "line 1 is 6", "bob: hi", "line 2 is 8")
	})
}

// TestRefused holds that a line with an error is not sent again, and those after it
// are: at once, and in order.
func TestRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		session, heard, err := talk(t, says("bad", "worse", "good"),
			func(p peer) error {
				p.begin(0, 0)
				p.hears("bad", 0)
				p.hears("worse", 0)
				p.refused(1, errorv1.Code_CODE_INVALID_ARGUMENT, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT)
				return p.left()
			},
			func(p peer) error {
				p.begin(0, 0)
				p.hears("worse", 0)
				p.refused(2, errorv1.Code_CODE_INVALID_ARGUMENT, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT)
				return p.left()
			},
			func(p peer) error {
				p.begin(0, 0)
				p.hears("good", 1)
				p.stored(3, 1)
				return p.end()
			})
		if err != nil || session.Refused() != 2 || time.Since(began) != 0 {
			t.Errorf("%v, %d refused after %s, want 2 at once", err, session.Refused(), time.Since(began))
		}
		expect(t, heard, "joined at 0", "line 1 is refused: REASON_MESSAGE_OVER_TOPIC_LIMIT",
			"line 2 is refused: REASON_MESSAGE_OVER_TOPIC_LIMIT", "line 3 is 1")
	})
}

// TestPostponed holds that lines wait for a server that cannot store them now, for
// as long as it asks, in order, and that this is said once.
func TestPostponed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		full := func(p peer) error {
			p.begin(0, 0)
			p.hears("one", 0)
			p.refused(1, errorv1.Code_CODE_RESOURCE_EXHAUSTED, errorv1.Reason_REASON_LOW_DISK_SPACE)
			return p.left()
		}
		session, heard, err := talk(t, says("one", "two"), full, full, full,
			func(p peer) error {
				p.begin(0, 0)
				p.hears("one", 1)
				p.hears("two", 0)
				p.stored(1, 1)
				p.refused(2, errorv1.Code_CODE_UNAVAILABLE, errorv1.Reason_REASON_STORE_UNAVAILABLE)
				return drained()
			},
			func(p peer) error {
				p.begin(1, 1)
				p.hears("two", 2)
				p.stored(2, 2)
				return p.end()
			})
		if took := time.Since(began); err != nil || session.Refused() != 0 || took < 4*retryDelay || took > 6*retryDelay {
			t.Errorf("%v, %d refused after %s", err, session.Refused(), took)
		}
		expect(t, heard, "joined at 0", "line 1 is postponed: REASON_LOW_DISK_SPACE", "line 1 is 1",
			"line 2 is postponed: REASON_STORE_UNAVAILABLE", "line 2 is 2")
	})
}

// TestPostponedLeft holds that what a full disk refused is known not to be stored.
func TestPostponedLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		session, _, err := talk(t, says("one", "two"),
			func(p peer) error {
				p.begin(0, 0)
				p.hears("one", 0)
				p.refused(1, errorv1.Code_CODE_RESOURCE_EXHAUSTED, errorv1.Reason_REASON_LOW_DISK_SPACE)
				return p.left()
			},
			func(peer) error { return rpcerror.New(connect.CodeNotFound, errorv1.Reason_REASON_TOPIC_NOT_FOUND, "") })
		if lines, open := session.Unconfirmed(); connect.CodeOf(err) != connect.CodeNotFound || lines == 0 || open {
			t.Errorf("%v, %d lines, which may be stored: %t", err, lines, open)
		}
	})
}

// TestSilence holds that a server that says nothing any more is left.
func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := make(chan string)
		_, heard, err := talk(t, lines,
			func(p peer) error {
				p.begin(3, 3)
				_, err := p.Receive() // until the client gives up
				return err
			},
			func(p peer) error {
				p.begin(3, 3)
				close(lines)
				return p.end()
			})
		if err != nil {
			t.Error(err)
		}
		expect(t, heard, "joined at 3", "broken after 3", "resumed")
	})
}

// TestEnds holds what no other try would mend.
func TestEnds(t *testing.T) {
	t.Parallel()
	fails := func(code errorv1.Code, reason errorv1.Reason) *messagingv1.ExchangeResponse {
		return &messagingv1.ExchangeResponse{Event: &messagingv1.ExchangeResponse_Delivery{Delivery: &messagingv1.ExchangeDelivery{
			SubscriptionId: subscriptionID, End: &messagingv1.SubscriptionEnd{Error: &messagingv1.CommandError{Code: code, Reason: reason}},
		}}}
	}
	for name, test := range map[string]struct {
		plays []play
		code  connect.Code
	}{
		"nothing was ever delivered": {[]play{func(peer) error { return drained() }}, connect.CodeUnavailable},
		"there is no topic": {[]play{func(p peer) error {
			p.send(fails(errorv1.Code_CODE_NOT_FOUND, errorv1.Reason_REASON_TOPIC_NOT_FOUND))
			_, err := p.Receive()
			return err
		}}, connect.CodeNotFound},
		"the topic is deleted": {[]play{func(p peer) error {
			p.begin(1, 1)
			p.send(fails(errorv1.Code_CODE_NOT_FOUND, errorv1.Reason_REASON_TOPIC_NOT_FOUND))
			return drained()
		}}, connect.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if _, _, err := talk(t, make(chan string), test.plays...); connect.CodeOf(err) != test.code {
					t.Errorf("%v, want %v", err, test.code)
				}
			})
		})
	}
}

// TestBound holds that a server without answers stops the writer, and how many
// lines are in the open then.
func TestBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := make(chan string)
		taken := 0
		session, _, err := talk(t, lines, func(p peer) error {
			p.begin(0, 0)
			go func() {
				for {
					select {
					case lines <- "line":
						taken++
					case <-p.t.Context().Done():
						return
					}
				}
			}()
			for range maxUnconfirmed {
				p.hears("line", 0)
			}
			synctest.Wait() // whoever wants to send has sent
			return connect.NewError(connect.CodeNotFound, "gone")
		})
		if connect.CodeOf(err) != connect.CodeNotFound || taken != maxUnconfirmed || unconfirmed(session) != maxUnconfirmed {
			t.Errorf("%v, %d lines taken, %d unconfirmed, want %d", err, taken, unconfirmed(session), maxUnconfirmed)
		}
	})
}

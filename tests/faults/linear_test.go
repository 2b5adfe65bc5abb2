package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectproto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/tests/faults/ledger"
	"github.com/parleyhq/parley/tests/faults/linear"
	"github.com/parleyhq/parley/tests/faults/load"
	"github.com/parleyhq/parley/tests/harness"
)

// TestLinearizable records what clients that publish and read one topic at once
// are told, through kills of the server, and checks that it fits one order.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	seed := faultSeed(t)
	histories := uint64(1)
	if harness.IsSlow() {
		histories = 5
	}
	for number := range histories {
		b := newBench(t)
		recorder := record(t, b, seed+number)
		history := recorder.History()
		began := time.Now()
		ok, err := linear.Check(history, time.Minute)
		if !ok || err != nil {
			t.Errorf("history %d of seed %d: linearizable: %v, %v", number, seed, ok, err)
		}
		t.Logf("history of %d operations, checked in %s", len(history), time.Since(began).Round(time.Millisecond))
		// The same history with one answer changed must not pass.
		for index, operation := range history {
			if answer := operation.Output.(linear.Answer); len(answer.Sequences) > 0 && index > len(history)/2 {
				answer.Sequences = append([]uint64(nil), answer.Sequences...)
				answer.Sequences[0]++
				history[index].Output = answer
				break
			}
		}
		if ok, err := linear.Check(history, time.Minute); ok || err != nil {
			t.Errorf("a doctored history passes: %v, %v", ok, err)
		}
		b.server.Stop(t)
	}
}

// record lets clients work while the server is killed twice.
func record(t *testing.T, b *bench, seed uint64) *linear.Recorder {
	t.Helper()
	const clients, operations = 6, 60
	endpoints, closeAll, err := load.Dial(b.url())
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll()
	recorder := linear.NewRecorder()
	var group sync.WaitGroup
	var unexpected errorList
	for number := range clients {
		c := &linearClient{
			number: number, endpoints: endpoints, recorder: recorder,
			rng: rand.New(rand.NewPCG(seed, uint64(number))),
		}
		group.Go(func() { unexpected.add(c.run(t.Context(), operations)) })
	}
	rng := rand.New(rand.NewPCG(seed, 1000))
	for range 2 {
		<-time.After(time.Duration(20+rng.IntN(80)) * time.Millisecond)
		b.server.Kill(t)
		b.restart(t)
	}
	group.Wait()
	if err := unexpected.joined(); err != nil {
		t.Fatal(err)
	}
	return recorder
}

type errorList struct {
	mu   sync.Mutex
	errs []error
}

func (l *errorList) add(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

func (l *errorList) joined() error { return errors.Join(l.errs...) }

// linearClient makes one call at a time.
type linearClient struct {
	number    int
	endpoints []load.Endpoint
	recorder  *linear.Recorder
	rng       *rand.Rand
	last      uint64 // the newest end it was told
}

func (c *linearClient) run(ctx context.Context, operations int) error {
	for operation := range operations {
		if c.rng.IntN(2) == 0 {
			c.read(ctx)
			continue
		}
		call := linear.Call{}
		for part := range 1 + c.rng.IntN(3) {
			call.IDs = append(call.IDs, fmt.Sprintf("c%d-%d-%d", c.number, operation, part))
		}
		if c.rng.IntN(3) == 0 {
			expected := c.last
			call.Expected = &expected
		}
		for attempt := 0; ; attempt++ { // repeated with the same ids until its outcome is known
			answer, err := c.publish(ctx, call)
			if err != nil {
				return err
			}
			if !answer.Unknown {
				break
			}
			if attempt == 200 {
				return errors.New("the server does not come back")
			}
			pause(ctx, 20*time.Millisecond)
		}
	}
	return nil
}

func pause(ctx context.Context, length time.Duration) {
	select {
	case <-time.After(length):
	case <-ctx.Done():
	}
}

func (c *linearClient) endpoint() load.Endpoint { return c.endpoints[c.rng.IntN(len(c.endpoints))] }

// publish publishes once. Where the server was not there at all, nothing is
// recorded.
func (c *linearClient) publish(ctx context.Context, call linear.Call) (linear.Answer, error) {
	request := &messagingv1.PublishRequest{Topic: topicName, ExpectedLastSequence: call.Expected}
	for _, id := range call.IDs {
		request.Messages = append(request.Messages, named(id, id))
	}
	var failure error
	answer := c.recorder.Do(c.number, call, func() (linear.Answer, bool) {
		res, err := c.endpoint().Messages.Publish(ctx, request)
		switch reason := rpcerror.ReasonOf(err); {
		case err == nil:
			return linear.Answer{Sequences: sequences(res.GetReceipt(), len(call.IDs))}, true
		case reason == errorv1.Reason_REASON_SEQUENCE_MISMATCH:
			return linear.Answer{Mismatch: true, Last: mismatch(err).GetActualLastSequence()}, true
		case reason == errorv1.Reason_REASON_UNSPECIFIED:
			return linear.Answer{Unknown: true}, !notSent(err)
		default:
			failure = fmt.Errorf("publish: %w", err)
			return linear.Answer{}, false
		}
	})
	if n := len(answer.Sequences); n > 0 {
		c.last = answer.Sequences[n-1]
	} else if answer.Mismatch {
		c.last = answer.Last
	}
	return answer, failure
}

func (c *linearClient) read(ctx context.Context) {
	answer := c.recorder.Do(c.number, linear.Call{}, func() (linear.Answer, bool) {
		if c.rng.IntN(3) == 0 {
			res, err := c.endpoint().Topics.GetTopic(ctx, &messagingv1.GetTopicRequest{Name: topicName})
			return linear.Answer{Last: res.GetTopic().GetLastSequence()}, err == nil
		}
		res, err := c.endpoint().Messages.ReadMessages(ctx, &messagingv1.ReadMessagesRequest{
			Topic: topicName, Start: &messagingv1.Start{Position: &messagingv1.Start_Last{Last: 5}},
		})
		answer := linear.Answer{Last: res.GetLastSequence()}
		for _, message := range res.GetMessages() {
			answer.Messages = append(answer.Messages, ledger.Place{ID: message.GetId(), Sequence: message.GetSequence()})
		}
		return answer, err == nil
	})
	c.last = max(c.last, answer.Last)
}

// sequences returns the sequence of each message of a batch.
func sequences(receipt *messagingv1.Receipt, count int) []uint64 {
	all := make([]uint64, count)
	for _, duplicate := range receipt.GetDuplicates() {
		all[duplicate.GetIndex()] = duplicate.GetSequence()
	}
	next := receipt.GetFirstSequence()
	for index := range all {
		if all[index] == 0 {
			all[index] = next
			next++
		}
	}
	return all
}

func mismatch(err error) *messagingv1.CursorMismatch {
	if failure, ok := errors.AsType[*connect.Error](err); ok {
		for _, detail := range failure.Details() {
			if message, err := connectproto.UnmarshalErrorDetail(detail); err == nil {
				if found, ok := message.(*messagingv1.CursorMismatch); ok {
					return found
				}
			}
		}
	}
	return nil
}

// notSent reports whether no connection could be opened.
func notSent(err error) bool {
	failure, ok := errors.AsType[*net.OpError](err)
	return ok && failure.Op == "dial"
}

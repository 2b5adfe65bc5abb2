package messaging_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server/servertest"
)

// TestDrain stops a server under load: every stream ends with its cursor and an
// error that says try again, and what has a receipt is there afterwards.
func TestDrain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, dir)
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "d"})
	c.publish(t, "d", texts(0, 10)...)
	var ready, done sync.WaitGroup
	var acknowledged uint64
	for _, wire := range servertest.Wires() {
		reader := server.call(t, wire)
		ready.Add(1)
		done.Go(func() {
			stream, err := reader.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "d"})
			if err != nil {
				t.Error(err)
				ready.Done()
				return
			}
			defer stream.Close()
			seen, last := check{t: t, next: 1}, (*messagingv1.SubscribeResponse)(nil)
			for {
				res, err := stream.Receive()
				if last == nil {
					ready.Done()
				}
				if err != nil {
					fails(t, err, connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING)
					if len(last.GetMessages()) != 0 || last.GetCursor().GetSequence() != seen.next-1 {
						t.Errorf("%s: last response %v after %d", wire, last, seen.next-1)
					}
					return
				}
				seen.messages(res.GetMessages(), nil, res.GetCursor())
				last = res
			}
		})
	}
	e := c.exchange(t)
	e.subscribe(9, &messagingv1.SubscribeRequest{Topic: "d"})
	if len(e.next().GetDelivery().GetMessages()) == 0 {
		t.Error("no messages")
	}
	ready.Add(1)     // until the first receipt
	done.Go(func() { // publishes until told to stop
		for i := uint64(1); ; i++ {
			if err := e.Send(&messagingv1.ExchangeRequest{Command: &messagingv1.ExchangeRequest_Publish{Publish: &messagingv1.PublishCommand{
				CorrelationId: i, Request: &messagingv1.PublishRequest{Topic: "d", Messages: texts(0, 1)},
			}}}); err != nil {
				return
			}
		}
	})
	done.Go(func() {
		var cursor *messagingv1.Cursor
		var delivered uint64
		for {
			res, err := e.Receive()
			if err != nil {
				fails(t, err, connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING)
				if cursor.GetSequence() != max(delivered, 10) {
					t.Errorf("last cursor %v, delivered %d", cursor, delivered)
				}
				return
			}
			if r := res.GetResult().GetReceipt(); r != nil {
				if acknowledged == 0 {
					ready.Done()
				}
				acknowledged = r.GetLastSequence()
			}
			if d := res.GetDelivery(); d != nil {
				cursor = d.GetCursor()
				for _, m := range d.GetMessages() {
					delivered = m.GetSequence()
				}
			}
		}
	})
	ready.Wait()
	begin := time.Now()
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("the drain took %s", took)
	}
	done.Wait()
	topic, err := start(t, dir).call(t, jsonWire).GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: "d"})
	if err != nil || topic.GetTopic().GetLastSequence() < acknowledged || acknowledged == 0 {
		t.Errorf("topic %v, %v, acknowledged %d", topic, err, acknowledged)
	}
}

// TestDrainPublishStream stops a server whose publishers have more to send, or wait
// before they do. Each is told that the server goes away, never that it gave up
// itself, and how much is stored.
func TestDrainPublishStream(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, dir)
	c := server.call(t, binary)
	var publishers []*drainedPublisher
	for _, wire := range http1Too(servertest.Wires()) {
		for _, busy := range []bool{true, false} {
			p := &drainedPublisher{wire: wire, busy: busy, topic: fmt.Sprintf("t%d", len(publishers))}
			publishers = append(publishers, p)
			c.create(t, &messagingv1.Topic{Name: p.topic})
			p.open(t, server.call(t, wire))
			c.subscribeUntil(t, p.topic, 3)
		}
	}
	var sending sync.WaitGroup
	for _, p := range publishers {
		sending.Go(p.sendMore)
	}
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	sending.Wait()
	again := start(t, dir).call(t, binary)
	for _, p := range publishers {
		p.check(t, again)
	}
}

// drainedPublisher has a stream open when the server drains.
type drainedPublisher struct {
	wire   servertest.Wire
	busy   bool // goes on sending
	topic  string
	stream messagingv1connect.MessageServicePublishStreamClientStream
}

func (p *drainedPublisher) batch() *messagingv1.PublishStreamRequest {
	return &messagingv1.PublishStreamRequest{Topic: p.topic, Messages: texts(0, 3)}
}

func (p *drainedPublisher) open(t *testing.T, c caller) {
	t.Helper()
	var err error
	if p.stream, err = c.PublishStream(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.stream.Send(p.batch()); err != nil {
		t.Fatal(err)
	}
}

func (p *drainedPublisher) sendMore() {
	for p.busy && p.stream.Send(p.batch()) == nil { // until the server ends it
	}
}

// check compares what the publisher was told with what is stored.
func (p *drainedPublisher) check(t *testing.T, c caller) {
	t.Helper()
	_, err := p.stream.CloseAndReceive()
	if p.busy && p.wire.HTTP == client.HTTP1 && connect.CodeOf(err) == connect.CodeUnavailable && rpcerror.ReasonOf(err) == errorv1.Reason_REASON_UNSPECIFIED {
		return // TCP resets the connection of a client that still sends, and the answer may be lost
	}
	fails(t, err, connect.CodeUnavailable, errorv1.Reason_REASON_SERVER_DRAINING)
	if t.Failed() {
		t.Fatalf("%s, busy: %v", p.wire, p.busy)
	}
	partial := partialReceipt(t, err)
	res, err := c.GetTopic(t.Context(), &messagingv1.GetTopicRequest{Name: p.topic})
	if last := res.GetTopic().GetLastSequence(); err != nil || last < 3 || last != partial.GetLastSequence() || last != partial.GetStoredMessages() {
		t.Errorf("%s, busy: %v: last sequence %d, %v; the partial receipt is %v", p.wire, p.busy, last, err, partial)
	}
}

// http1Too adds the same wires over HTTP/1.1, where there are such.
func http1Too(wires []servertest.Wire) []servertest.Wire {
	for _, wire := range wires {
		if wire.Protocol != client.ProtocolGRPC {
			wire.HTTP = client.HTTP1
			wires = append(wires, wire)
		}
	}
	return wires
}

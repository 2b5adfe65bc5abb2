package messaging_test

import (
	"testing"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

const frameMessages = 256 // of a request in these benchmarks

func frame128() []*messagingv1.Message {
	var list []*messagingv1.Message
	for range frameMessages {
		list = append(list, &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: make([]byte, 128)}})
	}
	return list
}

// BenchmarkExchange measures durable publishing on one stream, client and server
// in one process. Allocations are those of both.
func BenchmarkExchange(b *testing.B) {
	c := start(b, b.TempDir()).call(b, binary)
	c.create(b, &messagingv1.Topic{Name: "a"})
	e := c.exchange(b)
	messages := frame128()
	results := make(chan struct{})
	n := b.N
	b.ReportAllocs()
	b.ResetTimer()
	go func() {
		defer close(results)
		for got := 0; got < n; {
			res, err := e.Receive()
			if err != nil || res.GetResult().GetError() != nil {
				b.Error(res, err)
				return
			}
			if res.GetResult() != nil {
				got++
			}
		}
	}()
	for i := range n {
		e.publish(uint64(i+1), false, "a", messages...)
	}
	<-results
	b.ReportMetric(float64(n)*frameMessages/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkReplay measures reading history on one stream, client and server in
// one process.
func BenchmarkReplay(b *testing.B) {
	c := start(b, b.TempDir()).call(b, binary)
	c.create(b, &messagingv1.Topic{Name: "a"})
	const frames = 500
	for range frames {
		c.publish(b, "a", frame128()...)
	}
	b.ReportAllocs()
	for b.Loop() {
		stream, err := c.Subscribe(b.Context(), &messagingv1.SubscribeRequest{Topic: "a", StopAtHead: true})
		if err != nil {
			b.Fatal(err)
		}
		list, err := receiveAll(b, stream)
		if err != nil || len(list) == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*frames*frameMessages/b.Elapsed().Seconds(), "msg/s")
}

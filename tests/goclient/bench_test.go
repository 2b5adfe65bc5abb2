package goclient_test

import (
	"fmt"
	"strings"
	"testing"

	parley "github.com/parleyhq/parley/clients/go"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
)

// BenchmarkPublish publishes messages of 128 bytes, each synced to disk before its
// outcome is known.
func BenchmarkPublish(b *testing.B) {
	for _, unary := range []bool{false, true} {
		b.Run(fmt.Sprintf("unary=%t", unary), func(b *testing.B) {
			c := connect(b, client.Config{}, harness.Start(b).URL)
			create(b, c, &messagingv1.Topic{})
			p := newPublisher(b, c, parley.PublisherConfig{Unary: unary})
			content := strings.Repeat("x", 128)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Publish(b.Context(), text(content)); err != nil {
					b.Fatal(err)
				}
			}
			if err := p.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkSubscribe reads stored messages of 128 bytes one by one.
func BenchmarkSubscribe(b *testing.B) {
	c := connect(b, client.Config{}, harness.Start(b).URL)
	create(b, c, &messagingv1.Topic{})
	p := newPublisher(b, c, parley.PublisherConfig{})
	content := strings.Repeat("x", 128)
	for range b.N {
		if _, err := p.Publish(b.Context(), text(content)); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	s := parley.NewSubscriber(c.Connect(), parley.SubscriberConfig{Topic: topic, StopAtHead: true})
	count := 0
	b.ResetTimer()
	for _, err := range s.Events(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		count++
	}
	if count != b.N {
		b.Fatalf("%d messages, want %d", count, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

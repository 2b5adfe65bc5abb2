package messaging_test

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/server/servertest"
)

// TestContent compares every byte that subscribers get with what was published: over
// all wires, of those who read at once, who begin late, and who want one key of three.
// Between them memory is used again all the time; one that is too early shows under the
// race detector.
func TestContent(t *testing.T) {
	t.Parallel()
	server := start(t, t.TempDir())
	c := server.call(t, binary)
	c.create(t, &messagingv1.Topic{Name: "c"})
	noise := rand.NewChaCha8([32]byte{})
	var published []*messagingv1.Message
	for i := range 400 {
		size := i % 300
		switch i % 100 {
		case 50, 51:
			size = 8<<10 + i // more than a small response
		case 70:
			size = 300 << 10 // more than any response
		}
		data := make([]byte, size)
		_, _ = noise.Read(data) // never fails
		published = append(published, &messagingv1.Message{Key: strconv.Itoa(i % 3), Payload: &messagingv1.Message_Data{Data: data}})
	}
	late := make(chan struct{})
	var reading sync.WaitGroup
	for _, wire := range http1Too(servertest.Wires()) {
		reader := server.call(t, wire)
		for _, test := range []struct {
			wait chan struct{}
			keys []string
		}{{}, {wait: late}, {keys: []string{"0"}}} {
			reading.Go(func() {
				stream, err := reader.Subscribe(t.Context(), &messagingv1.SubscribeRequest{Topic: "c", Keys: test.keys})
				if err != nil {
					t.Error(err)
					return
				}
				defer stream.Close()
				if test.wait != nil {
					<-test.wait
				}
				for next := 0; next < len(published); {
					res, err := stream.Receive()
					if err != nil {
						t.Errorf("%s: %v", wire, err)
						return
					}
					for _, m := range res.GetMessages() {
						if m.GetSequence() != uint64(next+1) || !bytes.Equal(m.GetData(), published[next].GetData()) {
							t.Errorf("%s: message %d is not what was published as %d", wire, m.GetSequence(), next+1)
							return
						}
						if next++; test.keys != nil {
							next += 2
						}
					}
				}
			})
		}
	}
	for rest := published; len(rest) > 0; rest = rest[20:] {
		c.publish(t, "c", rest[:20]...)
	}
	close(late)
	reading.Wait()
}

package faults_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// silencer is a proxy that carries what clients send and drops what the server
// answers, until it is cut.
type silencer struct {
	url      string
	listener net.Listener
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// newSilencer starts a proxy to an address. It is cut when the test ends at the
// latest.
func newSilencer(t *testing.T, target string) *silencer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &silencer{url: "http://" + listener.Addr().String(), listener: listener, cancel: cancel}
	s.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // cut
			}
			s.running.Go(func() { silence(ctx, client, target) })
		}
	})
	t.Cleanup(s.cut)
	return s
}

// cut closes every connection and waits until nothing is carried any more.
func (s *silencer) cut() {
	s.cancel()
	_ = s.listener.Close() // a second time it fails
	s.running.Wait()
}

func silence(ctx context.Context, client net.Conn, target string) {
	defer client.Close()
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	release := context.AfterFunc(ctx, func() { _ = client.Close(); _ = server.Close() })
	defer release()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, client) })
	both.Go(func() { _, _ = io.Copy(io.Discard, server) })
	both.Wait()
}

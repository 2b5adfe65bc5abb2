package frames_test

import (
	"errors"
	"testing"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"

	"github.com/parleyhq/parley/tests/harness"
)

const (
	statusOK          = "0"
	statusUnavailable = "14"
)

// TestPreface starts HTTP/2 by prior knowledge, without an upgrade.
func TestPreface(t *testing.T) {
	t.Parallel()
	c := connect(t, harness.Start(t))
	frame, err := c.next()
	if err != nil {
		t.Fatal(err)
	}
	settings, ok := frame.(*http2.SettingsFrame)
	if !ok || settings.IsAck() {
		t.Fatalf("the first frame is %v, want SETTINGS", frame)
	}
	if streams, _ := settings.Value(http2.SettingMaxConcurrentStreams); streams != 1000 {
		t.Errorf("MAX_CONCURRENT_STREAMS = %d, want 1000", streams)
	}
	c.await(t, "the acknowledgement of our settings", func(frame http2.Frame) bool {
		settings, ok := frame.(*http2.SettingsFrame)
		return ok && settings.IsAck()
	})
	c.call(t, 1, unaryPath)
}

// call makes a call from start to end and expects success.
func (c *conn) call(t *testing.T, stream uint32, path string) {
	t.Helper()
	if err := errors.Join(c.open(stream, path), c.WriteData(stream, true, message("a"))); err != nil {
		t.Fatalf("call: %v", err)
	}
	if status := field(c.await(t, "the end of the call", trailer(stream)), "grpc-status"); status != statusOK {
		t.Fatalf("grpc-status = %q, want 0", status)
	}
}

// TestStreamLimit opens one call more than the server takes. The call alone is
// refused: with REFUSED_STREAM, which makes it safe to repeat, where the client
// cannot know the limit yet, else as its mistake (RFC 9113 section 5.1.2).
func TestStreamLimit(t *testing.T) {
	t.Parallel()
	const limit = 5
	server := harness.Start(t, "--max-streams", "5")
	for name, test := range map[string]struct {
		knows bool
		code  http2.ErrCode
	}{
		"before the limit is known": {false, http2.ErrCodeRefusedStream},
		"knowing the limit":         {true, http2.ErrCodeProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, server)
			if test.knows {
				c.acknowledge(t, limit)
			}
			id := func(n int) uint32 { return uint32(2*n + 1) }
			for n := range limit + 1 {
				if err := c.open(id(n), duplexPath); err != nil {
					t.Fatal(err)
				}
			}
			reset := c.await(t, "the reset of the last call", ofStream[*http2.RSTStreamFrame](id(limit)))
			if code := reset.(*http2.RSTStreamFrame).ErrCode; code != test.code {
				t.Errorf("the call too many was reset with %v, want %v", code, test.code)
			}
			// The others live: one ends, and there is room again.
			if err := c.WriteData(id(0), true, message("a")); err != nil {
				t.Fatal(err)
			}
			if status := field(c.await(t, "the end of the first call", trailer(id(0))), "grpc-status"); status != statusOK {
				t.Errorf("grpc-status = %q, want 0", status)
			}
			c.call(t, id(limit+1), unaryPath)
		})
	}
}

// acknowledge reads the server's settings, checks the limit and waits until the
// server has seen our acknowledgement.
func (c *conn) acknowledge(t *testing.T, limit uint32) {
	t.Helper()
	settings := c.await(t, "SETTINGS", func(frame http2.Frame) bool {
		settings, ok := frame.(*http2.SettingsFrame)
		return ok && !settings.IsAck()
	})
	if streams, _ := settings.(*http2.SettingsFrame).Value(http2.SettingMaxConcurrentStreams); streams != limit {
		t.Errorf("MAX_CONCURRENT_STREAMS = %d, want %d", streams, limit)
	}
	if err := c.WritePing(false, [8]byte{1}); err != nil {
		t.Fatal(err)
	}
	c.await(t, "the answer to a ping", func(frame http2.Frame) bool {
		ping, ok := frame.(*http2.PingFrame)
		return ok && ping.IsAck()
	})
}

// TestGoAway drains: the server says so by GOAWAY, finishes the unary call
// whose request is on its way and ends the open stream as retryable.
func TestGoAway(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	c := connect(t, server)
	const unary, stream = 1, 3
	request := message("half now, half later")
	if err := errors.Join(c.open(unary, unaryPath), c.WriteData(unary, false, request[:10]),
		c.open(stream, duplexPath), c.WriteData(stream, false, message("a"))); err != nil {
		t.Fatal(err)
	}
	c.await(t, "the answer on the stream", ofStream[*http2.DataFrame](stream)) // both calls have arrived
	server.Terminate()

	var goAway *http2.GoAwayFrame
	ended := c.await(t, "the end of the stream", func(frame http2.Frame) bool {
		if away, ok := frame.(*http2.GoAwayFrame); ok {
			goAway = away
		}
		return trailer(stream)(frame)
	})
	if status := field(ended, "grpc-status"); status != statusUnavailable {
		t.Errorf("the stream ended with status %q, want %d (%v)", status, codes.Unavailable, codes.Unavailable)
	}
	if err := c.WriteData(unary, true, request[10:]); err != nil {
		t.Fatal(err)
	}
	ended = c.await(t, "the end of the unary call", func(frame http2.Frame) bool {
		if away, ok := frame.(*http2.GoAwayFrame); ok {
			goAway = away
		}
		return trailer(unary)(frame)
	})
	if status := field(ended, "grpc-status"); status != statusOK {
		t.Errorf("the unary call in flight ended with status %q, want 0", status)
	}
	if goAway == nil {
		goAway, _ = c.await(t, "GOAWAY", func(frame http2.Frame) bool { _, ok := frame.(*http2.GoAwayFrame); return ok }).(*http2.GoAwayFrame)
	}
	if goAway.ErrCode != http2.ErrCodeNo || goAway.LastStreamID < stream {
		t.Errorf("GOAWAY = %v, want no error and our streams accepted", goAway)
	}
	server.Stop(t)
}

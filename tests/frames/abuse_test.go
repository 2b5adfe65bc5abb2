package frames_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/tests/harness"
)

const (
	// memoryRoom is how much an attack may cost the server in all.
	memoryRoom = 64 << 20
	// goroutinesPerStream is what a call that waits for its client costs.
	goroutinesPerStream = 3
	// idleGoroutines is room for connections that tests keep open.
	idleGoroutines = 20
)

// pace is how often the bystander calls and the goroutines are counted.
const pace = 5 * time.Millisecond

// bystander calls the server again and again until stopped, from before it
// returns on, and fails the test if a call fails or takes long.
func bystander(t *testing.T, server *harness.Server) (stop func()) {
	t.Helper()
	unary := unaryv1connect.NewUnaryServiceClient(server.Connect(t, harness.Wire{}))
	call := func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, err := unary.GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: "a"}); err != nil {
			t.Errorf("another client's call failed: %v", err)
		}
	}
	call()
	return repeat(t, call)
}

// watch counts the server's goroutines until stopped and returns the most.
func watch(t *testing.T, server *harness.Server) (stop func() int) {
	t.Helper()
	peak := 0
	end := repeat(t, func() { peak = max(peak, server.Goroutines(t)) })
	return func() int { end(); return peak }
}

// repeat runs do at the pace until stopped, at the latest with the test, and at
// least once.
func repeat(t *testing.T, do func()) (stop func()) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for {
			do()
			select {
			case <-quit:
				return
			case <-tick.C:
			}
		}
	}()
	stop = sync.OnceFunc(func() { close(quit); <-done })
	t.Cleanup(stop)
	return stop
}

// room is memoryRoom, times what the race detector keeps for each byte.
func room() int {
	if harness.RaceEnabled() {
		return 8 * memoryRoom
	}
	return memoryRoom
}

// TestRapidReset opens and resets streams as fast as it can (CVE-2023-44487).
func TestRapidReset(t *testing.T) {
	t.Parallel()
	const maxStreams = 1000
	server := harness.Start(t, "--access-log", "off")
	before, memory := server.Goroutines(t), server.Memory(t)
	stop, most := bystander(t, server), watch(t, server)
	c := connect(t, server)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, c.Conn) // reads and answers nothing
	}()
	const resets = 20_000
	sent := 0
	for ; sent < resets; sent++ {
		id := uint32(2*sent + 1)
		if c.open(id, duplexPath) != nil || c.WriteRSTStream(id, http2.ErrCodeCancel) != nil {
			break // the server has had enough
		}
	}
	t.Logf("the server took %d of %d resets", sent, resets)
	_ = c.Close()
	<-closed
	stop()
	if peak := most(); peak > before+goroutinesPerStream*maxStreams {
		t.Errorf("goroutines: %d at most, %d before", peak, before)
	}
	if grown := server.PeakMemory(t) - memory; grown > room() {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	server.WaitForGoroutines(t, before+idleGoroutines)
}

// TestContinuationFlood sends a header block that never ends (CVE-2023-45288).
func TestContinuationFlood(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	memory := server.Memory(t)
	stop := bystander(t, server)
	c := connect(t, server)
	if err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.request(unaryPath)}); err != nil {
		t.Fatal(err)
	}
	c.headers.Reset()
	for range 100 {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: "x-flood", Value: strings.Repeat("x", 100), Sensitive: true})
	}
	block := c.headers.Bytes()
	const most = 64 << 20
	sent := 0
	for ; sent < most; sent += len(block) {
		if c.WriteContinuation(1, false, block) != nil {
			break
		}
	}
	stop()
	if sent >= most {
		t.Errorf("the server read %d MiB of one header block", sent>>20)
	}
	if grown := server.PeakMemory(t) - memory; grown > room() {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// TestIdleStreams opens as many calls as it may on several connections and sends
// nothing on them.
func TestIdleStreams(t *testing.T) {
	t.Parallel()
	const connections, streams = 4, 1000
	server := harness.Start(t, "--access-log", "off")
	before, memory := server.Goroutines(t), server.Memory(t)
	stop := bystander(t, server)
	var open []*conn
	for range connections {
		c := connect(t, server)
		open = append(open, c)
		for n := range streams {
			if err := c.open(uint32(2*n+1), duplexPath); err != nil {
				t.Fatal(err)
			}
		}
		// Its answer shows that the server has taken all of them.
		if err := c.WriteData(2*streams-1, false, message("a")); err != nil {
			t.Fatal(err)
		}
		c.await(t, "an answer on the last call", ofStream[*http2.DataFrame](2*streams-1))
	}
	goroutines := server.Goroutines(t)
	t.Logf("%d idle calls: %d goroutines, %d KiB each", connections*streams, goroutines,
		(server.Memory(t)-memory)/(connections*streams)>>10)
	if goroutines < before+connections*streams || goroutines > before+goroutinesPerStream*connections*streams {
		t.Errorf("goroutines: %d, with %d before and %d calls", goroutines, before, connections*streams)
	}
	stop()
	for _, c := range open {
		_ = c.Close()
	}
	server.WaitForGoroutines(t, before+idleGoroutines)
}

// TestSlowHeaders starts requests and never finishes their headers.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	bystander(t, server) // until all subtests are over
	for name, start := range map[string]string{
		"HTTP/1.1 headers": "POST " + unaryPath + " HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"request line":     "POST /parley",
		"HTTP/2 preface":   http2.ClientPreface[:20],
		"nothing":          "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := dial(t, server)
			if _, err := io.WriteString(raw, start); err != nil {
				t.Fatal(err)
			}
			// The header time-out is 10 s; what comes is a refusal, then the end.
			if err := raw.SetReadDeadline(time.Now().Add(readLimit)); err != nil {
				t.Fatal(err)
			}
			var timeout net.Error
			if _, err := io.Copy(io.Discard, raw); errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("the server keeps the connection for over %s", readLimit)
			}
		})
	}
}

// TestSlowHeaderBlock leaves an HTTP/2 header block open: no other frame is
// allowed then, not even the answer to the server's ping.
func TestSlowHeaderBlock(t *testing.T) {
	t.Parallel()
	harness.Slow(t)
	c := connect(t, harness.Start(t))
	if err := c.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: c.request(unaryPath)}); err != nil {
		t.Fatal(err)
	}
	const limit = 90 * time.Second // ping after 30 s, its answer within 15 s
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	var timeout net.Error
	if _, err := io.Copy(io.Discard, c.Conn); errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("the server keeps the connection for over %s", limit)
	}
}

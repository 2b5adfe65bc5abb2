package frames_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

const (
	unaryPath  = "/parley.unary.v1.UnaryService/GetServerResponse"
	duplexPath = "/parley.bidirectional.v1.BidirectionalService/GetServerResponse"

	// readLimit bounds the wait for a frame; it only runs out where a test fails.
	readLimit = 30 * time.Second
)

// conn is an HTTP/2 connection driven by one goroutine of the test.
type conn struct {
	net.Conn
	*http2.Framer

	headers bytes.Buffer
	encoder *hpack.Encoder
}

// connect opens a connection and sends the preface (RFC 9113 section 3.4).
func connect(t *testing.T, server *harness.Server) *conn {
	t.Helper()
	return begin(t, dial(t, server))
}

// begin sends the preface on a connection.
func begin(t *testing.T, raw net.Conn) *conn {
	t.Helper()
	c := &conn{Conn: raw, Framer: http2.NewFramer(raw, raw)}
	c.encoder = hpack.NewEncoder(&c.headers)
	c.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(raw, http2.ClientPreface); err != nil {
		t.Fatalf("send the preface: %v", err)
	}
	if err := c.WriteSettings(); err != nil {
		t.Fatalf("send settings: %v", err)
	}
	return c
}

func dial(t *testing.T, server *harness.Server) net.Conn {
	t.Helper()
	raw, err := net.Dial("tcp", server.Addr)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

// request encodes the headers of a gRPC call.
func (c *conn) request(path string) []byte {
	c.headers.Reset()
	for _, field := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":authority", c.RemoteAddr().String()},
		{":path", path},
		{"content-type", "application/grpc"},
		{"te", "trailers"},
	} {
		_ = c.encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}) // a bytes.Buffer takes everything
	}
	return c.headers.Bytes()
}

// open starts a gRPC call and leaves its request open.
func (c *conn) open(stream uint32, path string) error {
	return c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: c.request(path), EndHeaders: true})
}

// message is a request of both services as gRPC sends it.
func message(text string) []byte {
	return rawrpc.Envelope(0, protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), text))
}

// await reads frames until one matches, answering what HTTP/2 wants answered. It
// fails the test where the connection ends or nothing matching comes.
func (c *conn) await(t *testing.T, what string, matches func(http2.Frame) bool) http2.Frame {
	t.Helper()
	for {
		frame, err := c.next()
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if matches(frame) {
			return frame
		}
	}
}

// next reads one frame and acknowledges settings, pings and data.
func (c *conn) next() (http2.Frame, error) {
	if err := c.SetReadDeadline(time.Now().Add(readLimit)); err != nil {
		return nil, err
	}
	frame, err := c.ReadFrame()
	if err != nil {
		return nil, err
	}
	switch frame := frame.(type) {
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			err = c.WriteSettingsAck()
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			err = c.WritePing(true, frame.Data)
		}
	case *http2.DataFrame:
		if length := uint32(len(frame.Data())); length > 0 {
			err = errors.Join(c.WriteWindowUpdate(0, length), c.WriteWindowUpdate(frame.StreamID, length))
		}
	}
	return frame, err
}

// ofStream matches frames of type T that belong to a stream.
func ofStream[T http2.Frame](stream uint32) func(http2.Frame) bool {
	return func(frame http2.Frame) bool {
		_, ok := frame.(T)
		return ok && frame.Header().StreamID == stream
	}
}

// trailer matches the headers that end a stream.
func trailer(stream uint32) func(http2.Frame) bool {
	return func(frame http2.Frame) bool {
		headers, ok := frame.(*http2.MetaHeadersFrame)
		return ok && headers.StreamID == stream && headers.StreamEnded()
	}
}

func field(headers http2.Frame, name string) string {
	if meta, ok := headers.(*http2.MetaHeadersFrame); ok {
		for _, field := range meta.RegularFields() {
			if field.Name == name {
				return field.Value
			}
		}
	}
	return ""
}

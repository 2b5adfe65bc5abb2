package endtoend_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

type badInput struct {
	name    string
	payload payload
	code    connect.Code // 0: accepted
	reason  string
	field   map[client.Codec]string // named by BadRequest
	rule    string                  // named by protovalidate's Violations
}

func badInputs() []badInput {
	message := map[client.Codec]string{client.CodecProto: "message", client.CodecJSON: "message"}
	invalid, exhausted := connect.CodeInvalidArgument, connect.CodeResourceExhausted
	return []badInput{
		{name: "longest text", payload: text(strings.Repeat("x", maxText))},
		{name: "text too long", payload: text(strings.Repeat("x", maxText+1)), code: invalid, reason: "INVALID_FIELD", field: message, rule: "string.max_bytes"},
		{name: "empty text", payload: text(""), code: invalid, reason: "INVALID_FIELD", field: message, rule: "string.min_bytes"},
		{name: "no field", payload: payload{[]byte{}, []byte(`{}`)}, code: invalid, reason: "INVALID_FIELD", field: message, rule: "string.min_bytes"},
		{name: "null", payload: payload{nil, []byte(`{"message":null}`)}, code: invalid, reason: "INVALID_FIELD", field: message, rule: "string.min_bytes"},
		{name: "invalid UTF-8", payload: text("a\xff\xfeb"), code: invalid, reason: "MALFORMED_MESSAGE"},
		{
			name: "unknown field", payload: withUnknownField(), code: invalid, reason: "UNKNOWN_FIELD",
			field: map[client.Codec]string{client.CodecProto: "99", client.CodecJSON: "mesage"},
		},
		{name: "truncated", payload: truncated(), code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "wrong type", payload: wrongType(), code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "nested deep", payload: nested(), code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "JSON array", payload: payload{nil, []byte(`[{"message":"a"}]`)}, code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "duplicate key", payload: payload{nil, []byte(`{"message":"a","message":"b"}`)}, code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "two values", payload: payload{nil, []byte(`{"message":"a"}{"message":"b"}`)}, code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "NaN", payload: payload{nil, []byte(`{"message":NaN}`)}, code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "lone surrogate", payload: payload{nil, []byte(`{"message":"\ud800"}`)}, code: invalid, reason: "MALFORMED_MESSAGE"},
		{name: "largest message", payload: sized(maxMessageBytes), code: invalid, reason: "INVALID_FIELD", field: message, rule: "string.max_bytes"},
		{name: "message too large", payload: sized(maxMessageBytes + 1), code: exhausted, reason: "MESSAGE_TOO_LARGE"},
	}
}

// TestBadInput sends what no well-behaved client sends, to both services over
// every wire, and expects a precise answer and a server that goes on.
func TestBadInput(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			httpClient := server.HTTP(t, wire.HTTP)
			for _, input := range badInputs() {
				encoded := input.payload.in(wire.Codec)
				if encoded == nil {
					continue
				}
				input.check(t, httpClient, server, rawrpc.Call{Wire: wire, Procedure: unaryProcedure, Messages: [][]byte{encoded}})
				if wire.Duplex() {
					// An earlier good message is answered; the bad one ends the stream.
					good := text("good").in(wire.Codec)
					input.check(t, httpClient, server, rawrpc.Call{
						Wire: wire, Procedure: duplexProcedure, Stream: true, Messages: [][]byte{good, encoded, good},
					})
				}
			}
		})
	}
}

func (b badInput) check(t *testing.T, httpClient *http.Client, server *harness.Server, call rawrpc.Call) {
	t.Helper()
	kind := map[bool]string{false: "unary", true: "stream"}[call.Stream]
	answer, err := rawrpc.Do(httpClient, server.URL, call)
	if err != nil {
		t.Errorf("%s, %s: %v", b.name, kind, err)
		return
	}
	if answer.Code != b.code || answer.Reason() != b.reason {
		t.Errorf("%s, %s: %v %q %q, want %v %q", b.name, kind, answer.Code, answer.Reason(), answer.Text, b.code, b.reason)
	}
	if field := b.field[call.Wire.Codec]; field != "" && !slices.Equal(answer.Fields(), []string{field}) {
		t.Errorf("%s, %s: fields %q, want %q", b.name, kind, answer.Fields(), field)
	}
	if b.rule != "" {
		violations, _ := rawrpc.Detail(answer, &validate.Violations{})
		if got := violations.GetViolations(); len(got) != 1 || got[0].GetRuleId() != b.rule {
			t.Errorf("%s, %s: violations %v, want rule %s", b.name, kind, got, b.rule)
		}
	}
	want := 1 // good messages answered
	if b.code == 0 && call.Stream {
		want = 3
	} else if b.code != 0 && !call.Stream {
		want = 0
	}
	if len(answer.Messages) != want {
		t.Errorf("%s, %s: %d answers, want %d", b.name, kind, len(answer.Messages), want)
	}
}

// TestUnknownMethods names what the server does not have.
func TestUnknownMethods(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		for _, procedure := range []string{
			"/parley.unary.v1.UnaryService/NoSuchMethod",
			"/parley.unary.v2.UnaryService/GetServerResponse",
			"/no.such.Service/Method",
		} {
			t.Run(wire.String()+procedure, func(t *testing.T) {
				t.Parallel()
				server := pair.Server(wire)
				answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL,
					rawrpc.Call{Wire: wire, Procedure: procedure, Messages: [][]byte{text("a").in(wire.Codec)}})
				if err != nil {
					t.Fatal(err)
				}
				if answer.Code != connect.CodeUnimplemented || answer.Reason() != "UNKNOWN_METHOD" || !strings.Contains(answer.Text, procedure) {
					t.Errorf("answer = %v %q %q, want UNKNOWN_METHOD that names the method", answer.Code, answer.Reason(), answer.Text)
				}
			})
		}
	}
}

// TestWrongContentType expects 415 and a list of what is accepted.
func TestWrongContentType(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			for _, contentType := range []string{"text/plain", "application/xml", "application/grpc+avro", "application/connect+avro", "//"} {
				for _, procedure := range []string{unaryProcedure, duplexProcedure} {
					answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL, rawrpc.Call{
						Wire: wire, Procedure: procedure, ContentType: contentType, Messages: [][]byte{text("a").in(wire.Codec)},
					})
					if err != nil {
						t.Fatal(err)
					}
					if answer.HTTPStatus != http.StatusUnsupportedMediaType || !strings.Contains(answer.Text, contentType) ||
						!strings.Contains(answer.Header.Get("Accept-Post"), "application/grpc") {
						t.Errorf("%s with %q: HTTP %d, %q, Accept-Post %q", procedure, contentType,
							answer.HTTPStatus, answer.Text, answer.Header.Get("Accept-Post"))
					}
				}
			}
		})
	}
}

// TestMessageCount sends more or fewer messages than a unary method takes.
func TestMessageCount(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		if wire.Protocol == client.ProtocolConnect {
			continue // a Connect body is one message by definition
		}
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			one := text("a").in(wire.Codec)
			for name, messages := range map[string][][]byte{"none": {}, "two": {one, one}} {
				answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL,
					rawrpc.Call{Wire: wire, Procedure: unaryProcedure, Messages: messages})
				if err != nil {
					t.Fatal(err)
				}
				if answer.Code == 0 || answer.Reason() != "PROTOCOL_ERROR" {
					t.Errorf("%s: %v %q %q, want PROTOCOL_ERROR", name, answer.Code, answer.Reason(), answer.Text)
				}
			}
		})
	}
}

// TestBrokenFraming sends what breaks the rules of a protocol beneath the message. It
// is the caller's mistake: the server logs no error, which the harness checks.
func TestBrokenFraming(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		if !wire.Duplex() {
			continue
		}
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			one := text("a").in(wire.Codec)
			for name, body := range map[string][]byte{
				"compressed without saying how": rawrpc.Envelope(1, one), "unknown flags": rawrpc.Envelope(64, one),
				"cut short": rawrpc.Envelope(0, one)[:7], "cut in its head": {0, 0, 0},
			} {
				answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL,
					rawrpc.Call{Wire: wire, Procedure: duplexProcedure, Stream: true, Body: body})
				if err != nil {
					t.Fatal(err)
				}
				if answer.Reason() != "PROTOCOL_ERROR" {
					t.Errorf("%s: %v %q %q, want PROTOCOL_ERROR", name, answer.Code, answer.Reason(), answer.Text)
				}
			}
		})
	}
	t.Run("chunks", func(t *testing.T) {
		t.Parallel()
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", pair.Clear.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", unaryProcedure)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("HTTP %d, want 400", answer.StatusCode)
		}
	})
}

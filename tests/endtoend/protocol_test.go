package endtoend_test

import (
	"net/http"
	"testing"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
	"github.com/parleyhq/parley/tests/rawrpc"
)

// TestProtocolProblems holds that calls that break the rules of their protocol get a
// reason too, on every wire, and that the answer says which compression there is.
func TestProtocolProblems(t *testing.T) {
	t.Parallel()
	pair := harness.StartPair(t)
	for _, wire := range harness.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			server := pair.Server(wire)
			for _, stream := range []bool{false, true} {
				if stream && !wire.Duplex() {
					continue
				}
				sent, accepted := "Grpc-Encoding", "Grpc-Accept-Encoding"
				if wire.Protocol == client.ProtocolConnect {
					sent, accepted = "Content-Encoding", "Accept-Encoding"
					if stream {
						sent, accepted = "Connect-"+sent, "Connect-"+accepted
					}
				}
				call := rawrpc.Call{Wire: wire, Procedure: unaryProcedure, Stream: stream, Messages: [][]byte{text("a").in(wire.Codec)}}
				if stream {
					call.Procedure = duplexProcedure
				}
				do := func(name, value string) rawrpc.Answer {
					call.Header = map[string]string{name: value}
					answer, err := rawrpc.Do(server.HTTP(t, wire.HTTP), server.URL, call)
					if err != nil {
						t.Errorf("stream %t, %s %s: %v", stream, name, value, err)
					}
					return answer
				}
				for _, good := range [][2]string{{sent, "identity"}, {"Connect-Protocol-Version", "1"}} {
					if answer := do(good[0], good[1]); answer.Code != 0 {
						t.Errorf("stream %t, %s: %v %q", stream, good, answer.Code, answer.Text)
					}
				}
				answer := do(sent, "br")
				if answer.Code != connect.CodeUnimplemented || answer.Reason() != "PROTOCOL_ERROR" || answer.Header.Get(accepted) != "gzip" {
					t.Errorf("stream %t, unknown compression: %v %q %q, %v", stream, answer.Code, answer.Reason(), answer.Text, answer.Header)
				}
				if wire.Protocol != client.ProtocolConnect {
					continue
				}
				if answer := do("Connect-Protocol-Version", "2"); answer.Code != connect.CodeInvalidArgument || answer.Reason() != "PROTOCOL_ERROR" {
					t.Errorf("stream %t, wrong version: %v %q %q", stream, answer.Code, answer.Reason(), answer.Text)
				}
			}
		})
	}
}

// TestProblemsOfGet holds the same of calls by GET, of methods that may be called so.
func TestProblemsOfGet(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	for _, test := range []struct {
		query string
		code  connect.Code
	}{
		{"encoding=json&message=%7B%22message%22:%22a%22%7D", 0},
		{"connect=v1&encoding=json&message=%7B%22message%22:%22a%22%7D&compression=identity", 0},
		{"encoding=json", connect.CodeInvalidArgument},
		{"message=%7B%7D", connect.CodeInvalidArgument},
		{"connect=v2&encoding=json&message=%7B%7D", connect.CodeInvalidArgument},
		{"encoding=json&message=%7B%7D&compression=br", connect.CodeUnimplemented},
	} {
		call := rawrpc.Call{Wire: harness.Wire{Protocol: client.ProtocolConnect, Codec: client.CodecJSON}}
		req, err := http.NewRequest(http.MethodGet, server.URL+unaryProcedure+"?"+test.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := rawrpc.Send(server.HTTP(t, client.HTTP1), call, req)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
		}
		if answer.Code != test.code || test.code != 0 && answer.Reason() != "PROTOCOL_ERROR" {
			t.Errorf("%s: %v %q %q", test.query, answer.Code, answer.Reason(), answer.Text)
		}
	}
	res, err := server.HTTP(t, client.HTTP1).Get(server.URL + "/parley.messaging.v1.MessageService/Publish?encoding=json")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a method that takes no GET: %s", res.Status)
	}
}

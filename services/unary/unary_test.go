package unary_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server/servertest"
	"github.com/parleyhq/parley/services/unary"
)

const (
	hello  = "Hello Server you there?"
	answer = "Hello I am up and running. Received ‘Hello Server you there?’ message from you"
)

func TestGetServerResponse(t *testing.T) {
	t.Parallel()
	running := servertest.Start(t, unary.New())
	for _, wire := range servertest.Wires() {
		t.Run(wire.String(), func(t *testing.T) {
			t.Parallel()
			client := unaryv1connect.NewUnaryServiceClient(running.Connect(t, wire))
			res, err := client.GetServerResponse(t.Context(), &unaryv1.GetServerResponseRequest{Message: hello})
			if err != nil {
				t.Fatal(err)
			}
			if res.GetMessage() != answer || !res.GetReceived() {
				t.Errorf("got %v, want %q, received", res, answer)
			}
		})
	}
}

func TestMessageLength(t *testing.T) {
	t.Parallel()
	client := unaryv1connect.NewUnaryServiceClient(servertest.Start(t, unary.New()).Connect(t, servertest.Wire{}))
	for name, test := range map[string]struct {
		message string
		reason  errorv1.Reason
	}{
		"empty":    {"", errorv1.Reason_REASON_INVALID_FIELD},
		"shortest": {"x", errorv1.Reason_REASON_UNSPECIFIED},
		"longest":  {strings.Repeat("é", 32_768), errorv1.Reason_REASON_UNSPECIFIED},
		"too long": {strings.Repeat("é", 32_768) + "x", errorv1.Reason_REASON_INVALID_FIELD},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client.GetServerResponse(t.Context(), &unaryv1.GetServerResponseRequest{Message: test.message})
			if reason := rpcerror.ReasonOf(err); reason != test.reason || (err == nil) != (reason == 0) {
				t.Errorf("got %v, want reason %v", err, test.reason)
			}
		})
	}
}

// Stubs of the classic tutorial schema reach the same handler.
func TestClassicName(t *testing.T) {
	t.Parallel()
	running := servertest.Start(t, unary.New())
	checkAnswer(t, running.URL+"/unary.Unary/GetServerResponse")
}

func TestCommand(t *testing.T) {
	t.Parallel()
	running := servertest.Command(t, "./cmd/unary")
	checkAnswer(t, running.URL+unaryv1connect.UnaryServiceGetServerResponseProcedure)
}

// checkAnswer calls as a newcomer does with curl.
func checkAnswer(t *testing.T, url string) {
	t.Helper()
	res, err := http.Post(url, "application/json", strings.NewReader(`{"message": "`+hello+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !strings.Contains(string(body), answer) {
		t.Errorf("%s: got %s %s, want %q", url, res.Status, body, answer)
	}
}

package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/tests/harness"
)

// TestSecondProcess starts a second server on a data directory in use. It must
// end and say why; the first one goes on.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	messages := messagingv1connect.NewMessageServiceClient(b.server.Connect(t, harness.Wire{}))
	for range 3 {
		second := harness.Launch(t, "--data-dir", b.data)
		if code := second.ExitCode(t); code == 0 {
			t.Error("the second server ended with 0")
		}
		said, advice, _ := strings.Cut(strings.TrimSpace(second.Output()), "\n")
		if !strings.Contains(said, b.data) || !strings.Contains(said, "in use by another process") {
			t.Errorf("the second server said %q first, want a line that names the directory and the cause", said)
		}
		if advice == "" || strings.Contains(advice, "\n") {
			t.Errorf("the second server advised %q, want one line that says what to do", advice)
		}
		res, err := messages.Publish(t.Context(), &messagingv1.PublishRequest{Topic: topicName, Messages: []*messagingv1.Message{text("a")}})
		if err != nil {
			t.Errorf("publish to the first server: %v", err)
		}
		if second := res.GetReceipt().GetFirstSequence(); second == 0 {
			t.Errorf("receipt %v has no sequence", res.GetReceipt())
		}
	}
}

// TestUnusableDirectory names a file as data directory, which nobody else uses.
func TestUnusableDirectory(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	server := harness.Launch(t, "--data-dir", file)
	if code := server.ExitCode(t); code != 1 {
		t.Errorf("the server ended with %d, want 1", code)
	}
	if said := server.Output(); !strings.Contains(said, file) || !strings.Contains(said, "not a directory") || strings.Contains(said, "in use") {
		t.Errorf("the server said %q", said)
	}
}

func text(content string) *messagingv1.Message {
	return &messagingv1.Message{Payload: &messagingv1.Message_Text{Text: content}}
}

func named(id, content string) *messagingv1.Message {
	message := text(content)
	message.Id = id
	return message
}

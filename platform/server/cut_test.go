package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server"
)

// streaming returns a service that reads what a stream publishes until something ends
// that, tells readers more than they read, and has stored a part when its call is cut.
func streaming(entered chan<- struct{}) server.Service {
	return server.Service{
		Name: messagingv1connect.MessageServiceName,
		Register: func(rpcs *connectServer) {
			messagingv1connect.RegisterMessageServiceHandler(rpcs, streamingHandler{entered: entered})
		},
	}
}

type streamingHandler struct {
	messagingv1connect.UnimplementedMessageServiceHandler

	entered chan<- struct{}
}

func (h streamingHandler) PublishStream(_ context.Context, stream messagingv1connect.MessageServicePublishStreamServerStream) (*messagingv1.PublishStreamResponse, error) {
	close(h.entered)
	for {
		if _, err := stream.Receive(); err != nil {
			return nil, err
		}
	}
}

func (h streamingHandler) Subscribe(_ context.Context, _ *messagingv1.SubscribeRequest, stream messagingv1connect.MessageServiceSubscribeServerStream) error {
	piece := &messagingv1.SubscribeResponse{Messages: []*messagingv1.Message{
		{Payload: &messagingv1.Message_Data{Data: make([]byte, 1<<20)}},
	}}
	for range 64 { // more than the kernel keeps for a connection
		if err := stream.Send(piece); err != nil {
			return err
		}
	}
	close(h.entered) // never, as nobody reads
	return nil
}

func (h streamingHandler) Publish(ctx context.Context, _ *messagingv1.PublishRequest) (*messagingv1.PublishResponse, error) {
	close(h.entered)
	<-ctx.Done()
	return nil, rpcerror.Lead(rpcerror.From(ctx.Err()), &messagingv1.StreamReceipt{StoredBatches: 7})
}

func (h streamingHandler) ReadMessages(context.Context, *messagingv1.ReadMessagesRequest) (*messagingv1.ReadMessagesResponse, error) {
	return &messagingv1.ReadMessagesResponse{Messages: []*messagingv1.Message{
		{Payload: &messagingv1.Message_Data{Data: make([]byte, 32<<20)}},
	}}, nil
}

// A call that is cut keeps what its handler says of it, and has one reason.
func TestCutKeepsDetails(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	built, stop := start(t, func(c *server.Config) { c.DrainTimeout = time.Millisecond }, streaming(entered))
	client := messagingv1connect.NewMessageServiceClient(connect.NewClient(connecthttp.NewTransport(http.DefaultClient, built.URL())))
	stopped := make(chan error, 1)
	go func() {
		<-entered
		stopped <- stop()
	}()
	_, err := client.Publish(t.Context(), &messagingv1.PublishRequest{
		Topic: "a", Messages: []*messagingv1.Message{{Payload: &messagingv1.Message_Text{Text: "x"}}},
	})
	if connect.CodeOf(err) != connect.CodeUnavailable || rpcerror.ReasonOf(err) != errorv1.Reason_REASON_SERVER_DRAINING {
		t.Fatalf("got %v", err)
	}
	var details []string
	if cut, ok := errors.AsType[*connect.Error](err); ok {
		for _, detail := range cut.Details() {
			details = append(details, detail.Type)
		}
	}
	if got := strings.Join(details, " "); got != "parley.messaging.v1.StreamReceipt google.rpc.ErrorInfo google.rpc.RetryInfo" {
		t.Errorf("details %s", got)
	}
	if err := <-stopped; !errors.Is(err, server.ErrCut) {
		t.Errorf("stopped with %v", err)
	}
}

// envelope is a short message of a stream of the Connect protocol.
func envelope(t *testing.T, message proto.Message) string {
	t.Helper()
	payload, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("\x00\x00\x00\x00%c%s", len(payload), payload)
}

// A publisher over HTTP/1.1 goes on sending through a drain, because nothing tells it
// to stop before it reads the answer. If that resets the connection, a Go client
// reports the failed write instead of the answer, and other systems destroy the answer.
func TestDrainAnswersHTTP1Sender(t *testing.T) {
	t.Parallel()
	var err error
	for range 3 { // a machine that does nothing else for half a second is not the server's fault
		if err = drainSender(t); err == nil {
			return
		}
	}
	t.Error(err)
}

func drainSender(t *testing.T) error {
	t.Helper()
	entered := make(chan struct{})
	built, stop := start(t, nil, streaming(entered))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", built.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	chunk := envelope(t, &messagingv1.PublishStreamRequest{
		Topic: "a", Messages: []*messagingv1.Message{{Payload: &messagingv1.Message_Text{Text: "x"}}},
	})
	chunk = fmt.Sprintf("%x\r\n%s\r\n", len(chunk), chunk)
	fmt.Fprintf(conn, "POST /parley.messaging.v1.MessageService/PublishStream HTTP/1.1\r\nHost: %s\r\n"+
		"Content-Type: application/connect+proto\r\nTransfer-Encoding: chunked\r\n\r\n%s", built.Addr(), chunk)
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	answer := bufio.NewReaderSize(conn, 16) // leaves all but the beginning to the kernel
	if _, err := answer.Peek(1); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	var sent error
	for range 20 {
		if _, sent = io.WriteString(conn, chunk); sent != nil {
			break
		}
		<-ticker.C
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopped with %v", err)
	}
	res, err := http.ReadResponse(answer, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && !strings.Contains(string(body), "unavailable") {
		t.Errorf("answered %s, %q", res.Status, body)
	}
	return errors.Join(sent, err)
}

// Who never reads does not keep the process.
func TestCutOfWhoNeverReads(t *testing.T) {
	t.Parallel()
	for _, encrypted := range []bool{false, true} {
		for _, http1 := range []bool{false, true} {
			t.Run(fmt.Sprintf("TLS %v, HTTP/1.1 %v", encrypted, http1), func(t *testing.T) {
				t.Parallel()
				entered := make(chan struct{})
				transport := &http.Transport{Protocols: new(http.Protocols)}
				built, stop := start(t, func(c *server.Config) {
					c.DrainTimeout = 200 * time.Millisecond
					if encrypted {
						c.TLSCert, c.TLSKey, transport.TLSClientConfig = certificate(t)
					}
				}, streaming(entered))
				transport.Protocols.SetHTTP1(http1)
				transport.Protocols.SetHTTP2(!http1 && encrypted)
				transport.Protocols.SetUnencryptedHTTP2(!http1 && !encrypted)
				defer transport.CloseIdleConnections()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
					built.URL()+"/parley.messaging.v1.MessageService/Subscribe",
					strings.NewReader(envelope(t, &messagingv1.SubscribeRequest{Topic: "a"})))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/connect+proto")
				res, err := transport.RoundTrip(req) // headers come with the first message
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				begin := time.Now()
				if err := stop(); !errors.Is(err, server.ErrCut) {
					t.Errorf("got %v, want ErrCut", err)
				}
				if took := time.Since(begin); took > 5*time.Second {
					t.Errorf("the stop took %s, want the drain timeout, two seconds and little more", took)
				}
				select {
				case <-entered:
					t.Error("everything was sent: the test shows nothing")
				default:
				}
			})
		}
	}
}

// Who never reads the answer of a unary call keeps it no longer than the call may take,
// and five seconds.
func TestUnreadAnswer(t *testing.T) {
	t.Parallel()
	for _, http1 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/1.1 %v", http1), func(t *testing.T) {
			t.Parallel()
			built, stop := start(t, func(c *server.Config) {
				c.UnaryTimeout, c.DrainTimeout = 200*time.Millisecond, 15*time.Second
			}, streaming(nil))
			transport := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
			transport.Protocols.SetHTTP1(http1)
			transport.Protocols.SetUnencryptedHTTP2(!http1)
			defer transport.CloseIdleConnections()
			ask, err := proto.Marshal(&messagingv1.ReadMessagesRequest{Topic: "a"})
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
				built.URL()+"/parley.messaging.v1.MessageService/ReadMessages", bytes.NewReader(ask))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/proto") // JSON of it alone can take the five seconds
			res, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Fatalf("got %s, want the beginning of an answer", res.Status)
			}
			if err := stop(); err != nil {
				t.Errorf("the call did not end by itself: %v", err)
			}
		})
	}
}

// certificate returns files for a server on loopback and what a client of it needs.
func certificate(t *testing.T) (cert, key string, client *tls.Config) {
	t.Helper()
	source := httptest.NewTLSServer(nil)
	defer source.Close()
	pair := source.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		key:  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AddCert(source.Certificate())
	return cert, key, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

package interceptor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"
	"github.com/parleyhq/parley/platform/codec"
	"github.com/parleyhq/parley/platform/drain"
	"github.com/parleyhq/parley/platform/identity"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/wire"
)

// journal records which steps of the chain ran, in order.
type journal struct {
	mu    sync.Mutex
	steps []string
}

func (j *journal) add(step string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, step)
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	steps := j.steps
	j.steps = nil
	return steps
}

// fixture serves both shapes behind the whole chain, every step of which
// reports to the journal. The header Test-Refuse names the step that refuses.
type fixture struct {
	journal *journal
	log     *bytes.Buffer
	client  *connect.Client
	drain   context.CancelFunc
}

type journalAuthenticator struct{ *journal }

func (a journalAuthenticator) Authenticate(_ context.Context, info *connect.CallInfo) (identity.Principal, error) {
	a.add("authenticate")
	if info.RequestHeader().Get("Test-Refuse") == "authenticate" {
		return nil, errors.Join(identity.ErrUnauthenticated, errors.New("secret cause"))
	}
	return journalPrincipal{a.journal, info.RequestHeader().Get("Test-Refuse") == "procedure"}, nil
}

type journalPrincipal struct {
	*journal
	refuse bool
}

func (journalPrincipal) Subject() string { return "tester" }

func (p journalPrincipal) MayCall(string) bool {
	p.add("procedure permission")
	return !p.refuse
}

type journalCodec struct {
	connect.Codec
	*journal
}

func (c journalCodec) UnmarshalRead(ctx context.Context, src io.Reader, msg any) error {
	c.add("decode")
	return c.Codec.UnmarshalRead(ctx, src, msg)
}

type journalValidator struct {
	protovalidate.Validator
	*journal
}

func (v journalValidator) Validate(msg proto.Message, options ...protovalidate.ValidationOption) error {
	v.add("validate")
	return v.Validator.Validate(msg, options...)
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{journal: &journal{}, log: &bytes.Buffer{}}
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	server := connect.NewServer(interceptor.Chain(interceptor.Options{
		Log:       slog.New(slog.NewJSONHandler(f.log, nil)),
		AccessLog: interceptor.AccessLogAll,
		Telemetry: func(next connect.ServerFunc) connect.ServerFunc {
			return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
				f.journal.add("telemetry")
				err := next(ctx, spec, stream)
				f.journal.add("telemetry sees " + rpcerror.ReasonOf(err).String())
				return err
			}
		},
		Authenticator: journalAuthenticator{f.journal},
		UnaryTimeout:  50 * time.Millisecond,
		MessagePermission: func(_ context.Context, caller identity.Principal, _ connect.Spec, request any) error {
			f.journal.add("message permission for " + caller.Subject())
			if message, ok := request.(interface{ GetMessage() string }); ok && message.GetMessage() == "forbidden" {
				return rpcerror.New(connect.CodePermissionDenied, errorv1.Reason_REASON_PERMISSION_DENIED, "no")
			}
			return nil
		},
		Validator: journalValidator{validator, f.journal},
	})...)
	server.SetUnknownHandler(interceptor.Unknown)
	unaryv1connect.RegisterUnaryServiceHandler(server, unaryHandler{f: f})
	bidirectionalv1connect.RegisterBidirectionalServiceHandler(server, bidiHandler{f: f})
	mux := http.NewServeMux()
	codecs := codec.Server()
	for i := range codecs {
		codecs[i] = journalCodec{codecs[i], f.journal}
	}
	connecthttp.Mount(mux, server, connecthttp.WithCodecs(codecs...))
	var draining context.Context
	draining, f.drain = context.WithCancel(context.Background())
	streams := wire.Streams(mux)
	f.client = serveH2C(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streams.ServeHTTP(w, r.WithContext(drain.NewContext(r.Context(), draining)))
	}))
	return f
}

func serveH2C(t *testing.T, handler http.Handler) *connect.Client {
	t.Helper()
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = h2c
	server.Start()
	transport := &http.Transport{Protocols: h2c}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: transport}, server.URL, connecthttp.WithGRPC()))
}

type unaryHandler struct {
	unaryv1connect.UnimplementedUnaryServiceHandler
	f *fixture
}

func (h unaryHandler) GetServerResponse(ctx context.Context, req *unaryv1.GetServerResponseRequest) (*unaryv1.GetServerResponseResponse, error) {
	switch req.GetMessage() {
	case "panic":
		panic("secret panic")
	case "panic elsewhere":
		failed := make(chan error)
		go func() { failed <- interceptor.Guard(func() { panic("secret panic") }) }()
		return nil, <-failed
	case "plain error":
		return nil, errors.New("secret error")
	case "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &unaryv1.GetServerResponseResponse{Message: interceptor.RequestID(ctx)}, nil
}

type bidiHandler struct {
	bidirectionalv1connect.UnimplementedBidirectionalServiceHandler
	f *fixture
}

func (h bidiHandler) GetServerResponse(_ context.Context, stream bidirectionalv1connect.BidirectionalServiceGetServerResponseServerStream) error {
	for {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: req.GetMessage()}); err != nil {
			return err
		}
	}
}

func (f *fixture) call(t *testing.T, message, refuse string) error {
	t.Helper()
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Test-Refuse", refuse)
	_, err := unaryv1connect.NewUnaryServiceClient(f.client).GetServerResponse(ctx, &unaryv1.GetServerResponseRequest{Message: message})
	return err
}

// stream sends one message on a bidirectional stream and returns its end.
func (f *fixture) stream(t *testing.T, message, refuse string) error {
	t.Helper()
	ctx, info := connect.NewClientContext(t.Context())
	info.RequestHeader().Set("Test-Refuse", refuse)
	stream, err := bidirectionalv1connect.NewBidirectionalServiceClient(f.client).GetServerResponse(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	_ = stream.Send(&bidirectionalv1.GetServerResponseRequest{Message: message})
	_ = stream.CloseSend()
	for {
		if _, err := stream.Receive(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

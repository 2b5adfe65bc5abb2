// Package bidirectional answers a stream of messages with a stream of messages.
// It answers "does streaming get through?" and is the template for new
// streaming services.
package bidirectional

import (
	"context"
	"errors"
	"io"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"

	bidirectionalv1 "github.com/parleyhq/parley/gen/parley/bidirectional/v1"
	"github.com/parleyhq/parley/gen/parley/bidirectional/v1/bidirectionalv1connect"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
	"github.com/parleyhq/parley/platform/server"
)

// classicProcedure is the name in the classic tutorial schema, whose messages
// have the same field numbers: stubs generated from it work unmodified.
const classicProcedure = "/bidirectional.Bidirectional/GetServerResponse"

type stream = bidirectionalv1connect.BidirectionalServiceGetServerResponseServerStream

// New returns the service for [server.Build].
func New() server.Service {
	return server.Service{
		Name:     bidirectionalv1connect.BidirectionalServiceName,
		Register: Register,
		Aliases:  map[string]string{classicProcedure: bidirectionalv1connect.BidirectionalServiceGetServerResponseProcedure},
		Precheck: certainlyValid,
	}
}

// certainlyValid spares most requests the rules of the schema, which it repeats
// in part: TestPrecheck holds it to them.
func certainlyValid(request proto.Message) bool {
	req, ok := request.(*bidirectionalv1.GetServerResponseRequest)
	return ok && req.GetMessage() != "" && len(req.GetMessage()) <= 1<<16 &&
		req.GetAnswerTiming() == bidirectionalv1.AnswerTiming_ANSWER_TIMING_UNSPECIFIED
}

// Register adds the service's methods to a Connect server.
func Register(rpcs *connect.Server) {
	bidirectionalv1connect.RegisterBidirectionalServiceHandler(rpcs, handler{})
}

// handler keeps no state between calls and is safe for concurrent use.
type handler struct {
	bidirectionalv1connect.UnimplementedBidirectionalServiceHandler
}

// GetServerResponse implements the RPC of the same name. The first request
// chooses the timing; a change later is refused rather than ignored.
func (handler) GetServerResponse(_ context.Context, stream stream) error {
	var (
		timing  = bidirectionalv1.AnswerTiming_ANSWER_TIMING_EACH
		waiting backlog
	)
	for first := true; ; first = false {
		req, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return waiting.answer(stream)
		}
		if err != nil {
			return err
		}
		switch asked := req.GetAnswerTiming(); {
		case asked == timing, asked == bidirectionalv1.AnswerTiming_ANSWER_TIMING_UNSPECIFIED:
		case first:
			timing = asked
		default:
			return rpcerror.New(connect.CodeInvalidArgument, errorv1.Reason_REASON_INVALID_FIELD,
				"answer_timing: only the first request of a stream chooses it",
				rpcerror.Field("answer_timing", "differs from the first request's"))
		}
		if timing == bidirectionalv1.AnswerTiming_ANSWER_TIMING_AFTER_ALL {
			err = waiting.add(req.GetMessage())
		} else {
			err = stream.Send(&bidirectionalv1.GetServerResponseResponse{Message: req.GetMessage()})
		}
		if err != nil {
			return err
		}
	}
}

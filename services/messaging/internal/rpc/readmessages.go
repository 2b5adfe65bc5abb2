package rpc

import (
	"context"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/translate"
)

const (
	defaultMessages = 100 // of a page
	// maxScans bounds the pages of the store that one filtered page looks at.
	maxScans = 16
	// cacheable is what an answer says that will stay true.
	cacheable = "private, max-age=300"
)

// ReadMessages implements the RPC of the same name.
func (m *Messages) ReadMessages(ctx context.Context, req *messagingv1.ReadMessagesRequest) (*messagingv1.ReadMessagesResponse, error) {
	reader, err := m.Source.Open(ctx, delivery.Request{Topic: req.GetTopic(), Start: req.GetStart(), Keys: req.GetKeys()})
	if err != nil {
		return nil, translate.Status(err)
	}
	defer reader.Close()
	count := uint64(req.GetMaxMessages())
	if count == 0 {
		count = defaultMessages
	}
	piece, err := reader.Page(ctx, count)
	for scans := 1; err == nil && piece.Empty() && piece.More && scans < maxScans; scans++ {
		piece, err = reader.Page(ctx, count)
	}
	if err != nil {
		return nil, translate.Status(err)
	}
	res := &messagingv1.ReadMessagesResponse{Gap: piece.Gap, Cursor: delivery.Cursor(piece.Cursor), LastSequence: piece.Last}
	if piece.Gap == nil && piece.More && req.GetStart().GetAfter() != nil {
		allowCaching(ctx)
	}
	m.Source.Observer.Delivered(&piece)
	// The answer outlives the reader.
	return res, delivery.EncodingFor(ctx).Put(res, append([]byte(nil), piece.Frames...))
}

// allowCaching lets caches keep the answer to a GET. By default none may.
func allowCaching(ctx context.Context) {
	if info, ok := connecthttp.ServerInfoForContext(ctx); !ok || info.HTTPMethod() != http.MethodGet {
		return
	}
	if call, ok := connect.CallInfoForServerContext(ctx); ok {
		call.ResponseHeader().Set("Cache-Control", cacheable)
	}
}

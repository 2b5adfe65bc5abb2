package rpc

import (
	"context"

	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/services/messaging/internal/exchange"
)

// Exchange implements the RPC of the same name.
func (m *Messages) Exchange(ctx context.Context, stream messagingv1connect.MessageServiceExchangeServerStream) error {
	return exchange.Serve(ctx, stream, m.Source, m.Validator)
}

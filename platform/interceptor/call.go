package interceptor

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// RequestIDHeader names the header that carries a call's id in both directions.
// A caller's own id is kept if it is 1 to 64 letters, digits, dots, underscores
// or hyphens; otherwise the server makes one.
const RequestIDHeader = "X-Request-Id"

const maxRequestID = 64

// call is the context of one call, with what the chain learns of it for its log
// line.
type call struct {
	context.Context //nolint:containedctx // it is one

	id        string
	principal string
}

type callKey struct{}

// Value implements [context.Context].
func (c *call) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return c
	}
	return c.Context.Value(key)
}

// RequestID returns the id of the call a context belongs to, or "" outside of
// one.
func RequestID(ctx context.Context) string {
	if record, ok := ctx.Value(callKey{}).(*call); ok {
		return record.id
	}
	return ""
}

func requestID(given string) string {
	if validRequestID(given) {
		return given
	}
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], rand.Uint64()) //nolint:gosec // no secret
	var text [2 * len(id)]byte
	return string(hex.AppendEncode(text[:0], id[:]))
}

func validRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for _, char := range []byte(id) {
		switch {
		case 'a' <= char && char <= 'z', 'A' <= char && char <= 'Z', '0' <= char && char <= '9':
		case char == '.', char == '_', char == '-':
		default:
			return false
		}
	}
	return true
}

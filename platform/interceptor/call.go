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

// call is what the chain learns of one call, for its log line.
type call struct {
	id        string
	principal string
}

type callKey struct{}

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
	return hex.EncodeToString(id[:])
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

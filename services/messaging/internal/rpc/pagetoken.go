package rpc

import (
	"encoding/base64"
	"strings"

	"connectrpc.com/connect/v2"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// pageTokenKind marks tokens of ListTopics; what follows is the last name of the
// page before.
const pageTokenKind = "topics1:"

func newPageToken(last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(pageTokenKind + last))
}

// parsePageToken returns the name after which a page begins.
func parsePageToken(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	after, ours := strings.CutPrefix(string(text), pageTokenKind)
	if err != nil || !ours || after == "" {
		return "", rpcerror.New(connect.CodeInvalidArgument, errorv1.Reason_REASON_PAGE_TOKEN_INVALID,
			"the page token was not issued by this method: start again without one")
	}
	return after, nil
}

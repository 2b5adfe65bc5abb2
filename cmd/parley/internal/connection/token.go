package connection

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// tokenFromFile returns a source that reads the file for every call, so that a
// token can be replaced while a command runs.
func tokenFromFile(name string) client.TokenSource {
	return func(context.Context) (string, error) {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", outcome.Cause(fmt.Errorf("no token to send: %w", err))
		}
		token := strings.TrimSpace(string(content))
		if !validToken(token) {
			return "", outcome.Cause(fmt.Errorf("no token to send: %s does not hold one", name))
		}
		return token, nil
	}
}

// validToken reports whether a header can carry the token.
func validToken(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/rpcerror"
)

const (
	maxConnectTimeout = 10       // digits
	maxGRPCTimeout    = 99999999 // of any unit
)

// checkTimeout refuses calls whose timeout cannot be read. The transport refuses the
// same ones, before any interceptor, and so without the reason that every error has.
func checkTimeout(next http.Handler) http.Handler {
	writer := connecthttp.NewErrorWriter()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := timeoutProblem(r.Header)
		if text == "" {
			next.ServeHTTP(w, r)
			return
		}
		err := rpcerror.New(connect.CodeInvalidArgument, errorv1.Reason_REASON_PROTOCOL_ERROR, text)
		_ = writer.Write(w, r, err) // fails only where the caller is gone
	})
}

// timeoutProblem says what is wrong with the timeout of a call, and "" of a right one
// and of none.
func timeoutProblem(header http.Header) string {
	if strings.HasPrefix(header.Get("Content-Type"), "application/grpc") { // gRPC-Web too
		timeout := header.Get("Grpc-Timeout")
		if timeout == "" {
			return ""
		}
		digits, unit := timeout[:len(timeout)-1], timeout[len(timeout)-1]
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > maxGRPCTimeout || strings.IndexByte("HMSmun", unit) < 0 {
			return fmt.Sprintf("Grpc-Timeout %.32q is not one to eight digits and one of H, M, S, m, u, n", timeout)
		}
		return ""
	}
	timeout := header.Get("Connect-Timeout-Ms")
	if timeout == "" {
		return ""
	}
	n, err := strconv.ParseInt(timeout, 10, 64)
	if err != nil || n < 0 || len(timeout) > maxConnectTimeout {
		return fmt.Sprintf("Connect-Timeout-Ms %.32q is not one to ten digits", timeout)
	}
	return ""
}

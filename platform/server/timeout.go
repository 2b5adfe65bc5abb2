package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	maxConnectTimeout = 10       // digits
	maxGRPCTimeout    = 99999999 // of any unit
)

// timeoutProblem says what is wrong with the timeout of a call, and "" of a right one
// and of none.
func timeoutProblem(header http.Header, grpc bool) string {
	if grpc {
		timeout := first(header, "Grpc-Timeout")
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
	timeout := first(header, "Connect-Timeout-Ms")
	if timeout == "" {
		return ""
	}
	n, err := strconv.ParseInt(timeout, 10, 64)
	if err != nil || n < 0 || len(timeout) > maxConnectTimeout {
		return fmt.Sprintf("Connect-Timeout-Ms %.32q is not one to ten digits", timeout)
	}
	return ""
}

package parley_test

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"connectrpc.com/connect/v2"

	parley "github.com/parleyhq/parley/clients/go"
	errorv1 "github.com/parleyhq/parley/gen/parley/error/v1"
	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/platform/rpcerror"
)

// TestNothingStored holds the list of the contract, and that any other reason leaves the
// outcome open.
func TestNothingStored(t *testing.T) {
	t.Parallel()
	want := map[errorv1.Reason]bool{}
	for number := range errorv1.Reason_name {
		want[errorv1.Reason(number)] = number <= 7 && number > 0
	}
	for _, stored := range []errorv1.Reason{
		errorv1.Reason_REASON_TOPIC_NOT_FOUND, errorv1.Reason_REASON_EPOCH_MISMATCH, errorv1.Reason_REASON_SEQUENCE_MISMATCH,
		errorv1.Reason_REASON_LOW_DISK_SPACE, errorv1.Reason_REASON_MESSAGE_OVER_TOPIC_LIMIT, errorv1.Reason_REASON_EARLIER_PUBLISH_FAILED,
	} {
		want[stored] = true
	}
	for reason, want := range want {
		err := fmt.Errorf("publish: %w", rpcerror.New(connect.CodeUnavailable, reason, "no"))
		if got := parley.NothingStored(err); got != want {
			t.Errorf("%s: %t", reason, got)
		}
	}
}

func TestNothingStoredWithoutReason(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("anything"), false},
		{connect.Errorf(connect.CodeUnavailable, "a proxy"), false},
		{connect.Errorf(connect.CodeUnauthenticated, "a proxy"), false},
		{connect.Errorf(connect.CodeUnimplemented, "a server of another kind"), true},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, false},
		{&net.DNSError{Err: "no such host"}, true},
		{client.ErrSilentPeer, false},
		{client.ErrTLSPeer, true},
		{client.ErrCleartextToken, true},
	} {
		err := test.err
		if err != nil {
			err = fmt.Errorf("publish: %w", err)
		}
		if got := parley.NothingStored(err); got != test.want {
			t.Errorf("%v: %t", test.err, got)
		}
	}
}

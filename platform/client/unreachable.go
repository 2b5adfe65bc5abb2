package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// remoteAlert is the Op of the *net.OpError by which crypto/tls reports an alert
// from the peer; the type of the alert itself is not exported.
const remoteAlert = "remote error"

// explainTransport says in plain words why no answer came, and what to do. It
// reports false for errors that came from a server or from the caller.
func explainTransport(err error) (message, hint string, ok bool) {
	te, ok := errors.AsType[*TransportError](err)
	if !ok {
		return "", "", false
	}
	if errors.Is(err, ErrClosed) {
		return ErrClosed.Error(), "", true
	}
	if neverSent(err) {
		message, hint = explainDial(te)
		return message, hint, true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "", "", false
	}
	message = fmt.Sprintf("connection to %s failed: %s", te.Address, innermost(te.Err))
	hint = wrongServer(err)
	if errors.Is(err, ErrSilentPeer) {
		hint = "The server may expect TLS: then use an https:// address. Or it is just stopping: then try again."
	}
	return message, hint, true
}

func explainDial(te *TransportError) (message, hint string) {
	dns, isDNS := errors.AsType[*net.DNSError](te.Err)
	switch {
	case errors.Is(te.Err, syscall.ECONNREFUSED):
		return fmt.Sprintf("cannot reach %s: connection refused", te.Address),
			"Is the server running? Start one with `parley serve`."
	case isDNS && dns.IsNotFound:
		return fmt.Sprintf("cannot reach %s: host %s is unknown", te.Address, dns.Name), "Check the address."
	case isDNS:
		return fmt.Sprintf("cannot reach %s: looking up host %s failed: %s", te.Address, dns.Name, dns.Err), ""
	case errors.Is(te.Err, os.ErrDeadlineExceeded), isTimeout(te.Err):
		return fmt.Sprintf("cannot reach %s: no answer in time", te.Address), "Check the address and the firewalls in between."
	}
	return fmt.Sprintf("cannot reach %s: %s", te.Address, innermost(te.Err)), ""
}

// wrongServer returns advice if the peer is there but speaks something else
// than the client is configured for, and "" otherwise.
func wrongServer(err error) string {
	if errors.Is(err, ErrCleartextToken) {
		return "Use https, or allow cleartext tokens explicitly."
	}
	if errors.Is(err, ErrTLSPeer) {
		return "The server expects TLS: use an https:// address."
	}
	if errors.Is(err, ErrHTTP1Peer) {
		return "The server or a proxy speaks only HTTP/1.1 without TLS: choose HTTP version 1.1, or enable HTTP/2 there. A proxy that expects TLS may answer like this, too: try https. The admin port of a Parley server is such a one: RPCs have another port."
	}
	if errors.Is(err, ErrNotHTTP2) {
		return "Is that the address of a Parley server?"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "The server does not speak TLS: use an http:// address."
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == remoteAlert {
		return "The server refused the TLS handshake: it may require a client certificate, or not offer the chosen HTTP version."
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "The server's certificate is signed by an authority that is not trusted here: give its CA file."
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "The server's certificate is for another name: use that name in the address, or set the server name."
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "The server's certificate is not valid."
	}
	return ""
}

func isTimeout(err error) bool {
	netErr, ok := errors.AsType[net.Error](err)
	return ok && netErr.Timeout()
}

// innermost returns the end of a chain of single causes: the plain fact.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

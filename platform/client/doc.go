// Package client builds the transport that Parley's commands, tests and Go
// clients share.
//
// A [Config] says where the servers are and how to talk to them; [New] turns it
// into a [Client], whose [Client.Connect] goes into generated constructors:
//
//	c, err := client.New(client.Config{Addresses: []string{"http://127.0.0.1:8080"}})
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	unary := unaryv1connect.NewUnaryServiceClient(c.Connect())
//
// # Several servers
//
// Several addresses, or one DNS name, are balanced call by call, round robin,
// with github.com/bufbuild/httplb: one HTTP/2 connection per server, because a
// single HTTP/2 connection would pin a client to one server. A single IP
// address or localhost needs no balancing and uses one plain http.Transport:
// there is nothing to choose, and localhost keeps the standard library's
// fallback between IPv6 and IPv4.
//
// # What is retried
//
// Only unary calls, at most [Retry.MaxAttempts] times in all, with exponential
// backoff and full jitter, each attempt at a server not tried yet as long as
// there is one:
//
//   - any unary call that never left this machine, because the connection could
//     not be opened;
//   - a unary call whose schema marks it NO_SIDE_EFFECTS or IDEMPOTENT, when
//     the connection broke before the whole answer arrived, or the answer was
//     UNAVAILABLE. If the answer carries google.rpc.RetryInfo, that delay
//     replaces the backoff; a delay above [Retry.MaxDelay] ends the retries.
//
// Below that, net/http itself repeats a request on another connection when the
// server is known not to have processed it (GOAWAY with a lower stream id,
// REFUSED_STREAM, a cached connection that turned out to be closed). httplb
// retries nothing. Streams are never replayed: their owner resumes them, for
// instance from a cursor.
//
// # Errors
//
// [Explain] turns an error of a call into a [Problem] for people, [Retryable]
// says whether trying again can help.
package client

// Package server serves Connect services on one port, over gRPC, gRPC-Web and
// Connect, HTTP/1.1 and HTTP/2, with TLS or without.
//
// Three steps: [Config.Validate] refuses what cannot work, [Build] constructs
// everything and opens the listeners, [Server.Run] serves until its context
// ends and then drains:
//
//  1. readiness turns false and new work is still accepted for DrainDelay, so
//     that load balancers look elsewhere;
//  2. listeners close, clients are told to go away (GOAWAY), calls in flight
//     finish and streams end themselves (see package drain), and clients over HTTP/2
//     have up to five seconds to read that (see [wire.Listener]);
//  3. after DrainTimeout calls that are still open are cut: their contexts end, and
//     they are answered that the server is shutting down;
//  4. two seconds later, connections that are still open are closed.
//
// The package knows no service: those are given to [Build] as [Service] values.
package server

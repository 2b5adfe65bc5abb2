// Package conformance runs the official Connect conformance suite
// (connectrpc.com/conformance) against Parley's platform: its server with the
// production chain, codecs and limits, and its client with the production
// settings.
//
// The module lies outside the Go workspace, so that the suite's dependencies
// never meet the product's. It needs nothing but Go:
//
//	GOWORK=off go -C tests/conformance test -count=1 ./...
//
// The folder features says what each side claims to support, exclusions which
// cases end differently and why. docs/conformance.md has both for readers.
package conformance

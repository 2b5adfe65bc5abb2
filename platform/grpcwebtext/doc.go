// Package grpcwebtext serves the text mode of gRPC-Web.
//
// Text mode is gRPC-Web with its bodies in base64, under content types that
// start with application/grpc-web-text. Google's grpc-web client for JavaScript
// uses it for every server stream, because the XMLHttpRequest underneath cannot
// hand over binary data before the response has ended. [Handler] is a middleware
// that turns such requests into binary gRPC-Web, and the responses back.
//
// # What the specification leaves to the reader
//
// The description is PROTOCOL-WEB.md in the gRPC repository. Three points matter:
//
//   - A body is a sequence of base64 texts, each padded by itself. Padding can
//     therefore stand in the middle of a body, and a text need not end where a
//     gRPC message ends.
//   - Each flush of the response ends a text, so that the client can decode all
//     it has received.
//   - Values of binary metadata (-bin) stay base64 inside of the trailers. The
//     description would have them raw there; no client reads them so, and raw
//     bytes could break the lines they stand in.
//
// # Placing it
//
// Put it directly around the routes, inside of [wire.Streams]: what it writes
// then leaves in as few steps as what binary clients get.
//
// [wire.Streams]: https://pkg.go.dev/github.com/parleyhq/parley/platform/wire#Streams
package grpcwebtext

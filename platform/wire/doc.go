// Package wire makes streamed HTTP responses cheap.
//
// net/http sends every flush through several goroutines and a system call of
// its own. That is the largest part of what a small streamed message costs.
// RPC handlers flush after each message, because they cannot know whether
// another one follows. [Streams] is a middleware that lets them: a flush only
// asks for the bytes to leave soon, a goroutine of the stream does the work,
// and everything the handler writes while it is busy leaves with the next
// round. Nothing waits for a timer, so a message that comes alone leaves as
// early as before.
//
// [BatchFrames] does the like for a whole connection: what has arrived is read at
// once, not a frame's header and payload one by one, and frames of several streams
// leave together. Its connections also end without losing what the client has not read.
//
// # Placing it
//
// Put [Streams] directly around the mux that serves the RPCs, inside of
// anything that wants to see the requests of other routes too. It relies on the
// http.ResponseWriter of net/http: a wrapper between the two must support
// [http.ResponseController].
//
// [ReserveStack] goes around everything else: it saves the goroutine of a request
// from growing its stack piece by piece.
//
// # Peers that stop reading
//
// What waits for a peer is bounded (see [WithMaxPending]). Once that is full,
// writing blocks the handler, as it does without the middleware. A peer that
// takes nothing for [WithStallTimeout] loses its stream. That works by resetting
// the stream, so it frees handlers whose peer withholds the stream's flow
// control window. Where the whole connection is stuck, the server has to notice:
// set WriteByteTimeout and SendPingTimeout in [http.HTTP2Config].
package wire

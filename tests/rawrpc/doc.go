// Package rawrpc makes RPCs whose bytes the test chooses. Clients of any RPC
// library refuse to send what is malformed; this one sends it, over every
// protocol, and reads the answer into one form.
package rawrpc

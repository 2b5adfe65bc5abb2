// Package rpcerror makes the errors that Parley's callers see.
//
// Every error carries a code, a sentence for people, and for programs a
// google.rpc.ErrorInfo with domain [Domain] and a reason from the enum
// parley.error.v1.Reason. Errors about fields add google.rpc.BadRequest; errors
// that waiting mends add google.rpc.RetryInfo. [Interceptor] gives the same
// form to errors of the transport, of decoding and of validation, so that
// handlers and clients know one form only.
//
// What caused an error stays on the server: causes attached with WithCause are
// logged by the access log and never sent.
//
// All functions are safe for concurrent use.
package rpcerror

// Package interceptor is the chain every call passes before its handler.
//
// There is one constructor, [Chain], for all services, for unary calls, streams
// and unknown methods alike. Outermost first:
//
//  1. trace and metrics (given by the caller)
//  2. request id and access log
//  3. no caching of what a GET answers, unless its handler allows it
//  4. recover
//  5. error mapping
//  6. identity and permission for the procedure
//  7. limits: deadline, drain
//  8. permission for what the request names (a topic)
//  9. validation
//
// Steps 1 to 7 see only headers. Nothing is decompressed or decoded for a
// caller they refuse. Steps 8 and 9 act on each decoded message, the permission
// first, so that a stranger learns nothing from validation.
package interceptor

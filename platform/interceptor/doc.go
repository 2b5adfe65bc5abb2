// Package interceptor is the chain every call passes before its handler.
//
// There is one constructor, [Chain], for all services, for unary calls, streams
// and unknown methods alike. Outermost first:
//
//  1. trace and metrics (given by the caller)
//  2. request id and access log
//  3. recover
//  4. error mapping
//  5. identity and permission for the procedure
//  6. limits: deadline, drain
//  7. permission for what the request names (a topic)
//  8. validation
//
// Steps 1 to 6 see only headers. Nothing is decompressed or decoded for a
// caller they refuse. Steps 7 and 8 act on each decoded message, the permission
// first, so that a stranger learns nothing from validation.
package interceptor

// Package codec decodes requests strictly: what a server does not know, it
// refuses.
//
// A request with an unknown field is either a typo or the precondition of a
// newer client. Ignoring it would store what the sender did not mean, so both
// codecs refuse it at any depth. Responses are encoded as Connect's own codecs
// encode them. Clients keep Connect's default codecs and ignore unknown
// response fields.
//
// A large request costs no more than its schema needs: elements of a list beyond its
// `max_items` are not decoded, and errors do not repeat what was sent in full.
//
// A service may read binary requests of its own in a cheaper way, with a [Decoder].
//
// Codecs are safe for concurrent use.
package codec

// Package batch reads the batches of messages that come with requests, and makes
// batches of the store of them.
//
// Almost every binary request holds its messages in the very bytes that are to be
// stored: plain form, which is what Protobuf libraries write of a message that
// keeps the rules. [Decode] checks those bytes and leaves them as they are. They
// ride through the handler as unknown fields of the request, as stored messages
// ride in responses on their way out. Every other request, a wrong one above all,
// is decoded and checked by the libraries, which know every form and every error.
//
// [Valid] is a quick check that says of almost every good request that it is good;
// whatever it does not know goes through the schema's rules. [Messages] returns the
// batch of a request, however it was decoded.
package batch

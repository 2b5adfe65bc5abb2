// Package frame writes and walks the wire form of stored messages.
//
// A record of the log holds its messages as they are sent: a run of elements of
// the field `repeated Message messages = 2`, which SubscribeResponse,
// ReadMessagesResponse and Delivery share. One element, here called a frame, is
// tag, length and message. A publisher's encoded message is taken as it is; the
// fields the server sets are appended to it, which protobuf reads as setting
// them. Nothing here decodes a message's content.
package frame

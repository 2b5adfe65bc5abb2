// Package chat is a conversation in a topic on one Exchange: lines go out as
// messages while those of others come in.
//
// A stream that breaks is replaced by another one, which subscribes after the last
// cursor. Lines without a receipt are sent again only once the new stream has read
// up to the topic's end, and with the ids they had: what was stored before is
// recognised by its delivery, or by the server. So nothing is lost, and nothing is
// stored twice. A line that the server refuses for now, for want of disk space, is
// sent again in the same way, before those after it.
package chat

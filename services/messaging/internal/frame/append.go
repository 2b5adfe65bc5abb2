package frame

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of parley.messaging.v1 that the log depends on.
const (
	// FieldMessages is `messages` in every response that delivers.
	FieldMessages = protowire.Number(2)
	// FieldSequence is Message.sequence.
	FieldSequence = protowire.Number(1)
	// FieldPublishTime is Message.publish_time.
	FieldPublishTime = protowire.Number(2)
)

const tagSize = 1 // every field number above is below 16

// Stamp is an encoded publish_time field, shared by the messages of a record.
type Stamp struct{ field []byte }

// NewStamp encodes a time given in microseconds since 1970; earlier times count
// as 1970.
func NewStamp(micros int64) Stamp {
	t := time.UnixMicro(max(micros, 0))
	var ts []byte
	if s := t.Unix(); s != 0 {
		ts = protowire.AppendTag(ts, 1, protowire.VarintType)
		ts = protowire.AppendVarint(ts, uint64(s))
	}
	if n := t.Nanosecond(); n != 0 {
		ts = protowire.AppendTag(ts, 2, protowire.VarintType)
		ts = protowire.AppendVarint(ts, uint64(n))
	}
	field := protowire.AppendTag(nil, FieldPublishTime, protowire.BytesType)
	return Stamp{field: protowire.AppendBytes(field, ts)}
}

// MessageSize is the size of a message as stored: what the publisher encoded
// and the fields the server sets, without the frame around it.
func MessageSize(encoded int, sequence uint64, stamp Stamp) int {
	return encoded + tagSize + protowire.SizeVarint(sequence) + len(stamp.field)
}

// Size is MessageSize with the frame around it.
func Size(encoded int, sequence uint64, stamp Stamp) int {
	return tagSize + protowire.SizeBytes(MessageSize(encoded, sequence, stamp))
}

// Append appends to dst the frame of one message: encoded, which must not set
// the server's fields, followed by sequence and publish time.
func Append(dst, encoded []byte, sequence uint64, stamp Stamp) []byte {
	dst = protowire.AppendTag(dst, FieldMessages, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(MessageSize(len(encoded), sequence, stamp)))
	dst = append(dst, encoded...)
	dst = protowire.AppendTag(dst, FieldSequence, protowire.VarintType)
	dst = protowire.AppendVarint(dst, sequence)
	return append(dst, stamp.field...)
}

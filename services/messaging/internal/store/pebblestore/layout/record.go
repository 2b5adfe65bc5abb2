package layout

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// HeaderSize is the size of a record's header; the frames follow it.
//
//	checksum 4 | publish time 8 | messages 4 | total bytes 8 | total messages 8
//
// The checksum (CRC-32C) covers the key's log and sequence and all that follows
// it: a record found in another's place is damaged too. The totals count the log
// from its beginning through this record: what is stored is the difference
// between the newest record and the low water, without a scan.
const HeaderSize = 32

// MaxMessages bounds the messages of a record, so that ids can refer to them in
// two bytes.
const MaxMessages = 1 << 14

// ErrBadValue says that a value is not what the layout says.
var ErrBadValue = errors.New("malformed value")

// Header describes a record.
type Header struct {
	// Time is the publish time of every message, in microseconds since 1970.
	Time int64
	// Count is the number of messages, at least 1.
	Count uint32
	// EndBytes and EndMessages are the totals through this record.
	EndBytes, EndMessages uint64
}

// PutHeader fills in the header of value, which has HeaderSize bytes of room
// before the frames.
func PutHeader(value []byte, log, first uint64, h Header) {
	le := binary.LittleEndian
	le.PutUint64(value[4:], uint64(h.Time))
	le.PutUint32(value[12:], h.Count)
	le.PutUint64(value[16:], h.EndBytes)
	le.PutUint64(value[24:], h.EndMessages)
	le.PutUint32(value, checksum(log, first, value[4:]))
}

// ParseRecord checks a record and splits it. The frames alias value.
func ParseRecord(log, first uint64, value []byte) (Header, []byte, error) {
	h, ok := parseHeader(value)
	if !ok || binary.LittleEndian.Uint32(value) != checksum(log, first, value[4:]) {
		return Header{}, nil, ErrBadValue
	}
	return h, value[HeaderSize:], nil
}

func parseHeader(value []byte) (Header, bool) {
	if len(value) < HeaderSize {
		return Header{}, false
	}
	le := binary.LittleEndian
	h := Header{
		Time:        int64(le.Uint64(value[4:])),
		Count:       le.Uint32(value[12:]),
		EndBytes:    le.Uint64(value[16:]),
		EndMessages: le.Uint64(value[24:]),
	}
	size := uint64(len(value) - HeaderSize)
	return h, h.Count > 0 && h.Count <= MaxMessages && h.EndBytes >= size && h.EndMessages >= uint64(h.Count)
}

func checksum(log, first uint64, rest []byte) uint32 {
	var key [16]byte
	binary.LittleEndian.PutUint64(key[:], log)
	binary.LittleEndian.PutUint64(key[8:], first)
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key[:], table), table, rest)
}

// Time returns a time that is stored in microseconds.
func Time(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

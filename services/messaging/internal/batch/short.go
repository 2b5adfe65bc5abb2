package batch

import "google.golang.org/protobuf/encoding/protowire"

// shortFrom is the size from which it is worth looking for too many messages: a
// smaller request cannot make much of the library's work.
const shortFrom = 64 << 10

// orShort returns the data unless it was decoded, and of a large request only the
// messages that are needed to refuse it. Two million empty messages fit into 4 MiB,
// and cost 320 MB to decode; with one more than a batch may have, the rules of the
// schema say the same.
func orShort(data []byte, done bool, path ...protowire.Number) (rest []byte, decoded bool) {
	if done || len(data) < shortFrom {
		return data, done
	}
	s := shortener{left: maxBatch + 1}
	if short := s.shorten(data, path); s.left < 0 {
		return short, false
	}
	return data, false
}

// shortener leaves out the elements of a repeated field after the first so many.
type shortener struct {
	left int // elements to keep; below zero if some were left out
}

// shorten returns a copy of an encoding without elements of the field that the path
// leads to. An element counts wherever it is: embedded messages that are there twice
// are merged. From where it is no encoding on, it is kept as it is.
func (s *shortener) shorten(data []byte, path []protowire.Number) []byte {
	short := make([]byte, 0, len(data))
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeField(data)
		if n < 0 {
			return append(short, data...)
		}
		switch field := data[:n]; {
		case number != path[0] || kind != protowire.BytesType:
			short = append(short, field...)
		case len(path) > 1:
			_, _, tag := protowire.ConsumeTag(field)
			value, _ := protowire.ConsumeBytes(field[tag:])
			short = protowire.AppendTag(short, number, kind)
			short = protowire.AppendBytes(short, s.shorten(value, path[1:]))
		case s.left > 0:
			s.left--
			short = append(short, field...)
		default:
			s.left = -1
		}
		data = data[n:]
	}
	return short
}

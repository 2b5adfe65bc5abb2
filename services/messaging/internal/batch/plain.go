package batch

import (
	"bytes"
	"hash/maphash"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parleyhq/parley/services/messaging/internal/frame"
)

// The tags of a message's fields, in the order of plain form, and of those of an
// entry of its attributes.
const (
	tagID        = 3<<3 | byte(protowire.BytesType)
	tagKey       = 4<<3 | byte(protowire.BytesType)
	tagAttribute = 5<<3 | byte(protowire.BytesType)
	tagText      = 6<<3 | byte(protowire.BytesType)
	tagData      = 7<<3 | byte(protowire.BytesType)

	tagName  = 1<<3 | byte(protowire.BytesType)
	tagValue = 2<<3 | byte(protowire.BytesType)
)

// plainRun reports whether a run of frames is a batch of messages in plain form
// that keeps the rules of a batch.
func plainRun(run []byte) bool {
	seed := maphash.MakeSeed()
	var ids []uint64
	ok := walk(run, func(_, id []byte) {
		if len(id) > 0 {
			ids = append(ids, maphash.Bytes(seed, id))
		}
	})
	// Two ids with one hash are not plain either: that costs time only.
	slices.Sort(ids)
	return ok && len(run) > 0 && len(slices.Compact(ids)) == len(ids)
}

// walk calls each for the messages of a run of frames. It stops, returning false, at
// the first that is not in plain form, or one too many for a batch.
func walk(run []byte, each func(message, id []byte)) bool {
	for count := 0; len(run) > 0; count++ {
		message, n, err := frame.Next(run)
		if err != nil || count == maxBatch {
			return false
		}
		id, ok := plainMessage(message)
		if !ok {
			return false
		}
		each(message, id)
		run = run[n:]
	}
	return true
}

// plainMessage reports whether the encoding of a message keeps the rules and is
// in plain form, and returns its id, which may be empty. In plain form every field
// has its shortest encoding, the fields are in the order of their numbers, none is
// there twice, and those that are empty are left out.
//
// What a step does not take stays where it is, and is in the way of the next one.
func plainMessage(b []byte) (id []byte, ok bool) {
	id, b = name(b, tagID, maxID)
	_, b = name(b, tagKey, maxKey)
	b = attributes(b)
	if text, ok := only(b, tagText); ok {
		return id, utf8.Valid(text)
	}
	_, ok = only(b, tagData)
	return id, ok
}

// attributes takes entries that each have a name of their own.
func attributes(b []byte) []byte {
	if len(b) == 0 || b[0] != tagAttribute {
		return b
	}
	var names [maxAttributes][]byte
	for i := range names {
		entry, rest, ok := field(b, tagAttribute)
		if !ok {
			return b
		}
		attribute, entry := name(entry, tagName, maxAttributeName)
		value, ok := only(entry, tagValue) // libraries write an empty one too
		known := func(other []byte) bool { return bytes.Equal(attribute, other) }
		if !ok || len(attribute) == 0 || len(value) > maxAttributeValue || !utf8.Valid(value) ||
			slices.ContainsFunc(names[:i], known) {
			return b
		}
		names[i], b = attribute, rest
	}
	return b
}

// name takes a string of 1 to limit bytes.
func name(b []byte, tag byte, limit int) (value, rest []byte) {
	value, rest, ok := field(b, tag)
	if !ok || len(value) == 0 || len(value) > limit || !utf8.Valid(value) {
		return nil, b
	}
	return value, rest
}

// only returns the field that b consists of.
func only(b []byte, tag byte) (value []byte, ok bool) {
	value, rest, ok := field(b, tag)
	return value, ok && len(rest) == 0
}

// field takes the field that b begins with, if it has this tag and the shortest
// encoding of its length.
func field(b []byte, tag byte) (value, rest []byte, ok bool) {
	if len(b) == 0 || b[0] != tag {
		return nil, b, false
	}
	value, n := protowire.ConsumeBytes(b[1:])
	if n != protowire.SizeBytes(len(value)) { // too long, or an error
		return nil, b, false
	}
	return value, b[1+n:], true
}

package endtoend_test

import (
	"bytes"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parleyhq/parley/platform/client"
)

const (
	unaryProcedure  = "/parley.unary.v1.UnaryService/GetServerResponse"
	duplexProcedure = "/parley.bidirectional.v1.BidirectionalService/GetServerResponse"

	maxText         = 65_536
	maxMessageBytes = 4 << 20 // the server's default
	messageField    = 1
)

// payload is one request in both encodings. A nil encoding cannot express it.
type payload struct {
	proto, json []byte
}

func (p payload) in(codec client.Codec) []byte {
	if codec == client.CodecJSON {
		return p.json
	}
	return p.proto
}

// text is a request with one text.
func text(value string) payload {
	return payload{
		proto: protowire.AppendString(protowire.AppendTag(nil, messageField, protowire.BytesType), value),
		json:  fmt.Appendf(nil, `{"message":"%s"}`, value),
	}
}

func withUnknownField() payload {
	p := text("hello")
	p.proto = protowire.AppendVarint(protowire.AppendTag(p.proto, 99, protowire.VarintType), 1)
	p.json = []byte(`{"message":"hello","mesage":1}`)
	return p
}

// sized is a request of exactly so many bytes that is too long as a text.
func sized(size int) payload {
	const protoOverhead, jsonOverhead = 5, len(`{"message":""}`)
	return payload{
		proto: text(strings.Repeat("x", size-protoOverhead)).proto,
		json:  text(strings.Repeat("x", size-jsonOverhead)).json,
	}
}

func truncated() payload {
	p := text("hello")
	return payload{proto: p.proto[:len(p.proto)-1], json: p.json[:len(p.json)-1]}
}

func wrongType() payload {
	return payload{
		proto: protowire.AppendVarint(protowire.AppendTag(nil, messageField, protowire.VarintType), 5),
		json:  []byte(`{"message":5}`),
	}
}

// nested is an unknown field with values nested far deeper than is decoded.
func nested() payload {
	const depth = 200_000
	return payload{
		proto: bytes.Repeat(protowire.AppendTag(nil, 99, protowire.StartGroupType), depth),
		json:  []byte(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat(`}`, depth)),
	}
}

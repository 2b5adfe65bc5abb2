package client

import (
	"encoding"
	"fmt"
)

// Protocol is a wire protocol. The zero value is [ProtocolConnect].
type Protocol uint8

// The protocols a Parley server speaks.
const (
	ProtocolConnect Protocol = iota // the Connect protocol, the default
	ProtocolGRPC                    // gRPC; needs HTTP/2
	ProtocolGRPCWeb                 // gRPC-Web
)

// Codec is a message encoding. The zero value is [CodecProto].
type Codec uint8

// The codecs a Parley server reads and writes.
const (
	CodecProto Codec = iota // binary Protobuf, the default
	CodecJSON               // Protobuf's JSON mapping
)

// HTTPVersion is the version of HTTP to use. The zero value is [HTTP2]; there
// is no fallback from one to the other.
type HTTPVersion uint8

// The HTTP versions a Parley server speaks.
const (
	HTTP2 HTTPVersion = iota // HTTP/2, by prior knowledge without TLS; the default
	HTTP1                    // HTTP/1.1; no gRPC and no bidirectional streams
)

var (
	_ encoding.TextUnmarshaler = (*Protocol)(nil)
	_ encoding.TextUnmarshaler = (*Codec)(nil)
	_ encoding.TextUnmarshaler = (*HTTPVersion)(nil)
)

// String returns connect, grpc or grpcweb.
func (p Protocol) String() string { return nameOf(p, "Protocol", "connect", "grpc", "grpcweb") }

// MarshalText returns what String returns and refuses unknown values.
func (p Protocol) MarshalText() ([]byte, error) {
	return marshalName(p, "protocol", "connect", "grpc", "grpcweb")
}

// UnmarshalText accepts connect, grpc and grpcweb.
func (p *Protocol) UnmarshalText(text []byte) error {
	return unmarshalName(p, "protocol", text, "connect", "grpc", "grpcweb")
}

// String returns proto or json.
func (c Codec) String() string { return nameOf(c, "Codec", "proto", "json") }

// MarshalText returns what String returns and refuses unknown values.
func (c Codec) MarshalText() ([]byte, error) { return marshalName(c, "codec", "proto", "json") }

// UnmarshalText accepts proto and json.
func (c *Codec) UnmarshalText(text []byte) error {
	return unmarshalName(c, "codec", text, "proto", "json")
}

// String returns 2 or 1.1.
func (v HTTPVersion) String() string { return nameOf(v, "HTTPVersion", "2", "1.1") }

// MarshalText returns what String returns and refuses unknown values.
func (v HTTPVersion) MarshalText() ([]byte, error) {
	return marshalName(v, "HTTP version", "2", "1.1")
}

// UnmarshalText accepts 2 and 1.1.
func (v *HTTPVersion) UnmarshalText(text []byte) error {
	return unmarshalName(v, "HTTP version", text, "2", "1.1")
}

func nameOf[T ~uint8](value T, kind string, names ...string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("%s(%d)", kind, uint8(value))
}

func marshalName[T ~uint8](value T, kind string, names ...string) ([]byte, error) {
	if int(value) >= len(names) {
		return nil, fmt.Errorf("%s %d is unknown", kind, uint8(value))
	}
	return []byte(names[value]), nil
}

func unmarshalName[T ~uint8](value *T, kind string, text []byte, names ...string) error {
	for i, name := range names {
		if string(text) == name {
			*value = T(i)
			return nil
		}
	}
	return fmt.Errorf("%s %q is unknown: use one of %q", kind, text, names)
}

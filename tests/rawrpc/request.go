package rawrpc

import (
	"encoding/binary"
	"maps"

	"github.com/parleyhq/parley/platform/client"
	"github.com/parleyhq/parley/tests/harness"
)

// flagCompressed marks an envelope whose message is compressed. It is the same
// in all three protocols.
const flagCompressed = 1

// Call is one request.
type Call struct {
	Wire      harness.Wire
	Procedure string // "/package.Service/Method"
	Stream    bool   // whether the method streams: Connect then has another form
	// ContentType replaces the one that belongs to the wire.
	ContentType string
	// Host replaces the server's address in the Host header.
	Host string
	// Header is added to the request.
	Header map[string]string
	// Messages are sent one after another, encoded already.
	Messages [][]byte
	// Gzip says that the messages are compressed.
	Gzip bool
	// Body replaces what the messages make, envelopes included.
	Body []byte
}

func (c Call) enveloped() bool { return c.Stream || c.Wire.Protocol != client.ProtocolConnect }

func (c Call) contentType() string {
	if c.ContentType != "" {
		return c.ContentType
	}
	codec := c.Wire.Codec.String()
	switch {
	case c.Wire.Protocol == client.ProtocolGRPC:
		return "application/grpc+" + codec
	case c.Wire.Protocol == client.ProtocolGRPCWeb:
		return "application/grpc-web+" + codec
	case c.Stream:
		return "application/connect+" + codec
	default:
		return "application/" + codec
	}
}

func (c Call) header() map[string]string {
	header := map[string]string{"Content-Type": c.contentType()}
	if c.Wire.Protocol == client.ProtocolGRPC {
		header["Te"] = "trailers"
	}
	if c.Gzip {
		header[c.encodingHeader()] = "gzip"
	}
	maps.Copy(header, c.Header)
	return header
}

func (c Call) encodingHeader() string {
	switch {
	case c.Wire.Protocol != client.ProtocolConnect:
		return "Grpc-Encoding"
	case c.Stream:
		return "Connect-Content-Encoding"
	default:
		return "Content-Encoding"
	}
}

func (c Call) body() []byte {
	if c.Body != nil {
		return c.Body
	}
	var body []byte
	for _, message := range c.Messages {
		if !c.enveloped() {
			body = append(body, message...)
			continue
		}
		var flags byte
		if c.Gzip {
			flags = flagCompressed
		}
		body = append(body, Envelope(flags, message)...)
	}
	return body
}

// Envelope returns a message with the five bytes that precede it in gRPC,
// gRPC-Web and Connect streams: flags and length.
func Envelope(flags byte, message []byte) []byte {
	prefix := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(message)))
	return append(prefix, message...)
}

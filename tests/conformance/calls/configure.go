package calls

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"

	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"github.com/parleyhq/parley/platform/client"
)

// configure sets what the suite asks for and leaves everything else at the
// defaults of production, retries among them.
func configure(req *conformancev1.ClientCompatRequest) (client.Config, error) {
	config := client.Config{
		HTTPGet:          req.GetUseGetHttpMethod(),
		MaxReadBytes:     int(req.GetMessageReceiveLimit()),
		CompressMinBytes: -1, // the suite expects compression of any size
	}
	var ok [4]bool
	config.Protocol, ok[0] = map[conformancev1.Protocol]client.Protocol{
		conformancev1.Protocol_PROTOCOL_CONNECT:  client.ProtocolConnect,
		conformancev1.Protocol_PROTOCOL_GRPC:     client.ProtocolGRPC,
		conformancev1.Protocol_PROTOCOL_GRPC_WEB: client.ProtocolGRPCWeb,
	}[req.GetProtocol()]
	config.Codec, ok[1] = map[conformancev1.Codec]client.Codec{
		conformancev1.Codec_CODEC_PROTO: client.CodecProto,
		conformancev1.Codec_CODEC_JSON:  client.CodecJSON,
	}[req.GetCodec()]
	config.HTTP, ok[2] = map[conformancev1.HTTPVersion]client.HTTPVersion{
		conformancev1.HTTPVersion_HTTP_VERSION_1: client.HTTP1,
		conformancev1.HTTPVersion_HTTP_VERSION_2: client.HTTP2,
	}[req.GetHttpVersion()]
	config.CompressRequests, ok[3] = map[conformancev1.Compression]bool{
		conformancev1.Compression_COMPRESSION_IDENTITY: false,
		conformancev1.Compression_COMPRESSION_GZIP:     true,
	}[req.GetCompression()]
	if ok != [4]bool{true, true, true, true} {
		return config, fmt.Errorf("the suite asks for what the client has not: %v, %v, %v, %v",
			req.GetProtocol(), req.GetCodec(), req.GetHttpVersion(), req.GetCompression())
	}
	scheme := "http"
	if cert := req.GetServerTlsCert(); len(cert) > 0 {
		scheme = "https"
		config.TLS.RootCAs = x509.NewCertPool()
		if !config.TLS.RootCAs.AppendCertsFromPEM(cert) {
			return config, errors.New("the server's certificate is not PEM")
		}
	}
	config.Addresses = []string{scheme + "://" + net.JoinHostPort(req.GetHost(), strconv.Itoa(int(req.GetPort())))}
	return config, nil
}

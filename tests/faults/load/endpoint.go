package load

import (
	"errors"
	"fmt"

	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/client"
)

// Endpoint is one way to call the server.
type Endpoint struct {
	Name     string // such as grpc-json
	Messages messagingv1connect.MessageServiceClient
	Topics   messagingv1connect.TopicServiceClient
	Duplex   bool // whether it can call Exchange
}

// Dial returns an endpoint for each protocol and codec over HTTP/2 and, where
// there is one, over HTTP/1.1, and a function that closes them.
func Dial(server string) (endpoints []Endpoint, closeAll func(), err error) {
	var clients []*client.Client
	closeAll = func() {
		for _, c := range clients {
			_ = c.Close() // never fails
		}
	}
	for _, protocol := range []client.Protocol{client.ProtocolConnect, client.ProtocolGRPC, client.ProtocolGRPCWeb} {
		for _, codec := range []client.Codec{client.CodecProto, client.CodecJSON} {
			for _, version := range []client.HTTPVersion{client.HTTP2, client.HTTP1} {
				if protocol == client.ProtocolGRPC && version == client.HTTP1 {
					continue
				}
				c, err := client.New(client.Config{
					Addresses: []string{server}, Protocol: protocol, Codec: codec, HTTP: version,
					Retry: client.Retry{MaxAttempts: 1}, // the workload retries by itself
				})
				if err != nil {
					closeAll()
					return nil, nil, errors.Join(errors.New("build a client"), err)
				}
				clients = append(clients, c)
				endpoints = append(endpoints, Endpoint{
					Name:     fmt.Sprintf("%s-%s-%s", protocol, codec, map[client.HTTPVersion]string{client.HTTP2: "h2c", client.HTTP1: "http1"}[version]),
					Messages: messagingv1connect.NewMessageServiceClient(c.Connect()),
					Topics:   messagingv1connect.NewTopicServiceClient(c.Connect()),
					Duplex:   version == client.HTTP2,
				})
			}
		}
	}
	return endpoints, closeAll, nil
}

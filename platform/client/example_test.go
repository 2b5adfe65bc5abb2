package client_test

import (
	"context"
	"fmt"

	unaryv1 "github.com/parleyhq/parley/gen/parley/unary/v1"
	"github.com/parleyhq/parley/gen/parley/unary/v1/unaryv1connect"

	"github.com/parleyhq/parley/platform/client"
)

func ExampleNew() {
	c, err := client.New(client.Config{
		Addresses: []string{"http://127.0.0.1:1"}, // nobody listens here
		Protocol:  client.ProtocolGRPC,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	unary := unaryv1connect.NewUnaryServiceClient(c.Connect())
	_, err = unary.GetServerResponse(context.Background(), &unaryv1.GetServerResponseRequest{Message: "hello"})
	fmt.Println(client.Explain(err))
	// Output:
	// unavailable: cannot reach http://127.0.0.1:1: connection refused
	// Is the server running? Start one with `parley serve`.
}

func ExampleAddressList() {
	servers, err := client.NewAddressList("127.0.0.1:8080", "127.0.0.1:8090")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.New(client.Config{Addresses: []string{"http://127.0.0.1:8080"}, Resolver: servers})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	// Later, whenever your service discovery says so:
	fmt.Println(servers.Set("127.0.0.1:8090", "127.0.0.1:8100"))
	// Output: <nil>
}

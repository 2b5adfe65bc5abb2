package clients_test

import (
	"errors"
	"io"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/parleyhq/parley/tests/harness"
)

// classic is the tutorial schema that many people's first stubs come from,
// compiled: Message {string message = 1} and, for the unary service,
// MessageResponse {string message = 1; bool received = 2}.
func classic(t *testing.T, pkg, service string, streams bool) protoreflect.MethodDescriptor {
	t.Helper()
	field := func(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: &name, JsonName: &name, Number: &number, Type: &kind,
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	text := field("message", 1, descriptorpb.FieldDescriptorProto_TYPE_STRING)
	messages := []*descriptorpb.DescriptorProto{{Name: new("Message"), Field: []*descriptorpb.FieldDescriptorProto{text}}}
	output := "Message"
	if !streams {
		output = "MessageResponse"
		messages = append(messages, &descriptorpb.DescriptorProto{Name: &output, Field: []*descriptorpb.FieldDescriptorProto{
			text, field("received", 2, descriptorpb.FieldDescriptorProto_TYPE_BOOL),
		}})
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: new(pkg + ".proto"), Package: &pkg, Syntax: new("proto3"), MessageType: messages,
		Service: []*descriptorpb.ServiceDescriptorProto{{Name: &service, Method: []*descriptorpb.MethodDescriptorProto{{
			Name: new("GetServerResponse"), InputType: new("." + pkg + ".Message"),
			OutputType: new("." + pkg + "." + output), ClientStreaming: &streams, ServerStreaming: &streams,
		}}}},
	}, nil)
	if err != nil {
		t.Fatalf("compile the classic schema: %v", err)
	}
	return file.Services().Get(0).Methods().Get(0)
}

func procedure(method protoreflect.MethodDescriptor) string {
	return "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
}

func request(method protoreflect.MethodDescriptor, text string) proto.Message {
	message := dynamicpb.NewMessage(method.Input())
	message.Set(method.Input().Fields().ByNumber(1), protoreflect.ValueOfString(text))
	return message
}

// TestClassicStubs calls with stubs of the classic schema, unmodified.
func TestClassicStubs(t *testing.T) {
	t.Parallel()
	conn := dial(t, harness.Start(t))
	t.Run("unary", func(t *testing.T) {
		t.Parallel()
		method := classic(t, "unary", "Unary", false)
		res := dynamicpb.NewMessage(method.Output())
		if err := conn.Invoke(t.Context(), procedure(method), request(method, hello), res); err != nil {
			t.Fatal(err)
		}
		fields := method.Output().Fields()
		if got := res.Get(fields.ByName("message")).String(); got != answer {
			t.Errorf("message = %q, want %q", got, answer)
		}
		if !res.Get(fields.ByName("received")).Bool() {
			t.Error("received = false")
		}
		if unknown := res.GetUnknown(); len(unknown) > 0 {
			t.Errorf("the answer has fields that the classic schema has not: %x", unknown)
		}
	})
	t.Run("bidirectional", func(t *testing.T) {
		t.Parallel()
		classicPingPong(t, conn, classic(t, "bidirectional", "Bidirectional", true))
	})
}

func classicPingPong(t *testing.T, conn *grpc.ClientConn, method protoreflect.MethodDescriptor) {
	t.Helper()
	stream, err := conn.NewStream(t.Context(), duplexDesc, procedure(method))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"First message", "Second message", "Third message", "Fourth message", "Fifth message"} {
		if err := stream.SendMsg(request(method, text)); err != nil {
			t.Fatalf("send: %v", err)
		}
		res := dynamicpb.NewMessage(method.Output())
		if err := stream.RecvMsg(res); err != nil {
			t.Fatalf("receive: %v", err)
		}
		if got := res.Get(method.Output().Fields().ByNumber(1)).String(); got != text {
			t.Errorf("received %q, want %q", got, text)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(dynamicpb.NewMessage(method.Output())); !errors.Is(err, io.EOF) {
		t.Errorf("after the answers: %v, want the end", err)
	}
}

package contract

import (
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// eachMessage calls visit for every top-level message of parley.messaging.v1.
func eachMessage(visit func(protoreflect.MessageDescriptor)) {
	protoregistry.GlobalFiles.RangeFilesByPackage("parley.messaging.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			visit(file.Messages().Get(i))
		}
		return true
	})
}

// requests returns every message of the package that a request can hold.
func requests() []protoreflect.FullName {
	var names []protoreflect.FullName
	var walk func(protoreflect.MessageDescriptor)
	walk = func(message protoreflect.MessageDescriptor) {
		if slices.Contains(names, message.FullName()) {
			return
		}
		names = append(names, message.FullName())
		for i := range message.Fields().Len() {
			if inner := message.Fields().Get(i).Message(); inner != nil {
				walk(inner)
			}
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("parley.messaging.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				walk(methods.Get(j).Input())
			}
		}
		return true
	})
	return names
}

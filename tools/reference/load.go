package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// ours is where the contract's own packages are; the rest of an image is imported.
const ours = "parley."

// schemaPackage is one package of the contract, its files in the order of their
// names.
type schemaPackage struct {
	name  protoreflect.FullName
	files []protoreflect.FileDescriptor
	rpcs  int
}

// load returns the contract's packages. The one with the most RPCs comes first,
// then by name.
func load(image []byte) ([]*schemaPackage, error) {
	plain := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(image, plain); err != nil {
		return nil, fmt.Errorf("read the image: %w", err)
	}
	files, err := protodesc.NewFiles(plain)
	if err != nil {
		return nil, fmt.Errorf("link the image: %w", err)
	}
	// Once more: the rules are extensions, which the image itself declares.
	full := new(descriptorpb.FileDescriptorSet)
	if err := (proto.UnmarshalOptions{Resolver: dynamicpb.NewTypes(files)}).Unmarshal(image, full); err != nil {
		return nil, fmt.Errorf("read the image's options: %w", err)
	}
	if files, err = protodesc.NewFiles(full); err != nil {
		return nil, fmt.Errorf("link the image: %w", err)
	}
	var packages []*schemaPackage
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(string(file.Package()), ours) {
			packages = addFile(packages, file)
		}
		return true
	})
	if len(packages) == 0 {
		return nil, errors.New("the image has no package of Parley")
	}
	for _, p := range packages {
		slices.SortFunc(p.files, func(a, b protoreflect.FileDescriptor) int { return cmp.Compare(a.Path(), b.Path()) })
	}
	slices.SortFunc(packages, func(a, b *schemaPackage) int {
		return cmp.Or(cmp.Compare(b.rpcs, a.rpcs), cmp.Compare(a.name, b.name))
	})
	return packages, nil
}

func addFile(packages []*schemaPackage, file protoreflect.FileDescriptor) []*schemaPackage {
	i := slices.IndexFunc(packages, func(p *schemaPackage) bool { return p.name == file.Package() })
	if i < 0 {
		i, packages = len(packages), append(packages, &schemaPackage{name: file.Package()})
	}
	packages[i].files = append(packages[i].files, file)
	for service := range each(file.Services()) {
		packages[i].rpcs += service.Methods().Len()
	}
	return packages
}

// list is what all lists of descriptors are.
type list[D any] interface {
	Len() int
	Get(i int) D
}

// each iterates over a list of descriptors.
func each[D any](descriptors list[D]) func(func(D) bool) {
	return func(yield func(D) bool) {
		for i := range descriptors.Len() {
			if !yield(descriptors.Get(i)) {
				return
			}
		}
	}
}

// comment returns the comment of an element as Markdown: that of the schema, less
// the space after its slashes.
func comment(d protoreflect.Descriptor) string {
	text := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	return unindent(text)
}

// packageComment returns the comment of a file's package statement.
func packageComment(file protoreflect.FileDescriptor) string {
	const packageField = 2 // of FileDescriptorProto
	return unindent(file.SourceLocations().ByPath(protoreflect.SourcePath{packageField}).LeadingComments)
}

func unindent(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(strings.TrimPrefix(line, " "), " \n"))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

package interceptor

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
)

// manyBytes is the encoded size from which a wrong request is answered with the
// first violation only. A message can be wrong in every other byte, and a violation
// takes about a kilobyte of memory.
const manyBytes = 64 << 10

// maxKey is how many bytes of a map's key a violation names. No rule allows that
// many, and an error with millions of them ends more than the call: a connection has
// no room for its trailers.
const maxKey = 256

// NewValidator returns a validator that reports all violations of a request of less
// than 64 KiB, and one of a larger. Violations name long keys of maps by their
// beginning. It is safe for concurrent use. It fails where protovalidate cannot be set
// up.
func NewValidator() (protovalidate.Validator, error) {
	validator, err := protovalidate.New()
	if err != nil {
		return nil, fmt.Errorf("set up validation: %w", err)
	}
	return sparing{validator}, nil
}

type sparing struct{ protovalidate.Validator }

// Validate implements [protovalidate.Validator].
func (s sparing) Validate(message proto.Message, options ...protovalidate.ValidationOption) error {
	if proto.Size(message) >= manyBytes {
		options = append(slices.Clip(options), protovalidate.WithFailFast())
	}
	err := s.Validator.Validate(message, options...)
	if invalid, ok := errors.AsType[*protovalidate.ValidationError](err); ok {
		for _, violation := range invalid.Violations {
			clipKeys(violation.Proto.GetField())
		}
	}
	return err
}

func clipKeys(path *validate.FieldPath) {
	for _, element := range path.GetElements() {
		if key := element.GetStringKey(); len(key) > maxKey {
			element.SetStringKey(strings.ToValidUTF8(key[:maxKey], "") + "…")
		}
	}
}

package interceptor

import (
	"fmt"
	"slices"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
)

// manyBytes is the encoded size from which a wrong request is answered with the
// first violation only. A message can be wrong in every other byte, and a violation
// takes about a kilobyte of memory.
const manyBytes = 64 << 10

// NewValidator returns a validator that reports all violations of a request of less
// than 64 KiB, and one of a larger. It is safe for concurrent use. It fails where
// protovalidate cannot be set up.
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
	return s.Validator.Validate(message, options...)
}

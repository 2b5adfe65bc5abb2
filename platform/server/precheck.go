package server

import (
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
)

// prechecked is a validator that asks the services first: running the rules of a
// large batch costs more than everything else done with it.
type prechecked struct {
	protovalidate.Validator

	checks []func(proto.Message) bool
}

// precheck puts the services' checks before a validator.
func precheck(validator protovalidate.Validator, services []Service) protovalidate.Validator {
	var checks []func(proto.Message) bool
	for _, service := range services {
		if service.Precheck != nil {
			checks = append(checks, service.Precheck)
		}
	}
	if len(checks) == 0 {
		return validator
	}
	return prechecked{Validator: validator, checks: checks}
}

// Validate implements [protovalidate.Validator].
func (p prechecked) Validate(message proto.Message, options ...protovalidate.ValidationOption) error {
	for _, certainlyValid := range p.checks {
		if certainlyValid(message) {
			return nil
		}
	}
	return p.Validator.Validate(message, options...)
}

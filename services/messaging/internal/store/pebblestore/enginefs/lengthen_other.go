//go:build !linux

package enginefs

import "errors"

// lengthen is not done where there is no one call for it.
func lengthen(uintptr, int64, int64) error { return errors.ErrUnsupported }

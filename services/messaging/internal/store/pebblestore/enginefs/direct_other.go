//go:build !linux

package enginefs

import "errors"

// setDirect is done on Linux only.
func setDirect(uintptr, bool) error { return errors.ErrUnsupported }

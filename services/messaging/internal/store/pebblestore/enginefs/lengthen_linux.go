package enginefs

import "syscall"

// lengthen makes a file at least offset + length long, with the room for it. It
// fails where the file system cannot, or has no room; then the file may have
// become longer by less.
func lengthen(fd uintptr, offset, length int64) error {
	for {
		if err := syscall.Fallocate(int(fd), 0, offset, length); err != syscall.EINTR {
			return err
		}
	}
}

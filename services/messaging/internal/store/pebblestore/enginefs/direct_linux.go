package enginefs

import "golang.org/x/sys/unix"

// setDirect says whether what is written to a file goes past the page cache: open(2),
// O_DIRECT. It fails where the file system cannot.
func setDirect(fd uintptr, direct bool) error {
	flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
	if err != nil {
		return err
	}
	flags &^= unix.O_DIRECT
	if direct {
		flags |= unix.O_DIRECT
	}
	_, err = unix.FcntlInt(fd, unix.F_SETFL, flags)
	return err
}

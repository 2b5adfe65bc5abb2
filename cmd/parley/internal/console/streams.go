package console

import "io"

// Streams are the standard streams of the process, given to commands so that
// tests can hold them.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

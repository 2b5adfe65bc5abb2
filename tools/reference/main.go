package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// run turns an image into a page. It writes all of it or nothing.
func run(in io.Reader, out io.Writer) error {
	image, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read the image: %w", err)
	}
	packages, err := load(image)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	newPage(&page, packages).write()
	text := strings.ReplaceAll(page.String(), "\n\n\n", "\n\n")
	_, err = io.WriteString(out, strings.TrimSpace(text)+"\n")
	return err
}

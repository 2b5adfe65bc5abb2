// Package console is what a command has of its process: the standard streams, an
// interrupt, a question to the person at the terminal, and a line that shows progress.
package console

// Command reference writes the reference of the contract, docs/reference.md, from
// the comments and rules of the schema.
//
// It reads a binary image with source information, as `buf build -o -` writes it,
// from standard input and writes Markdown to standard output. The same image gives
// the same bytes. Rules of protovalidate are put into words; one that it has no
// words for goes by its name.
package main

// Package jsonscan walks over JSON that is still to be decoded, without decoding it
// and without memory of its own.
//
// It finds where values begin and end, and nothing else: what it steps over need not
// be correct. Of text that is no JSON it says so or not; a decoder has to read what
// is used of it. A [Scanner] is for one goroutine.
package jsonscan

// Package frames holds the tests that speak HTTP/2 frame by frame: what a
// well-behaved library hides, and what an attacker sends.
package frames

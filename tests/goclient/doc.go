// Package goclient tests clients/go against the real binary: killed in the middle,
// draining, overtaken by retention, replaced by another topic, several of them.
package goclient

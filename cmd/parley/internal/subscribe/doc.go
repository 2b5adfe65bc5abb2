// Package subscribe is `parley subscribe`: it prints what a topic holds and gets, and
// keeps its place.
package subscribe

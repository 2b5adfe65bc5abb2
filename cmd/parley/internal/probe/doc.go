// Package probe is `parley unary` and `parley bidirectional`, the smallest clients: is
// the server up, and do streams get through?
package probe

// Package exchange is `parley exchange`: the terminal of a conversation that package
// chat holds.
package exchange

// Package publish is `parley publish`: arguments, lines or messages in JSON go to a
// topic, each of them stored once, and it says what became of every one.
package publish

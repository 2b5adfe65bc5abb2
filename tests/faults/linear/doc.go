// Package linear says what it means for publishing to and reading from one topic
// to be linearizable, and checks recorded histories with porcupine: there must be
// one order of all calls, each between its begin and its end, in which every
// answer is right.
package linear

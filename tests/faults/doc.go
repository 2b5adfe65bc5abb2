// Package faults holds the tests of what Parley must survive: a stop under
// load, hostile input that costs more than it weighs.
package faults

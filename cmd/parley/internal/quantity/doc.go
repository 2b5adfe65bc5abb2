// Package quantity reads and writes sizes and lengths of time as the command line
// has them: sizes with units, and besides Go's lengths of time days and weeks, in
// which people think of keeping things.
package quantity

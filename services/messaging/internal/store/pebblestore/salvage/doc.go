// Package salvage mends the directory of an engine that does not open: it cuts off the
// damaged end of the log, and keeps what it changes. It never makes up for what is lost.
package salvage

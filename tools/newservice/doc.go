// Command newservice writes a new service into the repository: its contract, its
// module with handler, test and command, and its lines in the workspace and in
// cmd/parley. `task new NAME=billing` runs it, then generates and tests.
//
//	go tool newservice -name billing [-dry-run]
//
// Either everything is written or nothing: all contents are prepared first, and
// a failure while writing is undone. What belongs to every service, such as the
// versions of dependencies, is taken from services/unary and not from a
// template, so that it cannot go stale.
package main

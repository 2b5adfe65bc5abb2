// Command parley is the Parley server and its clients in one binary.
//
// Each group of commands is a package below internal with its flags, what it runs and
// what it prints: topics, publish, subscribe, exchange, bench, contextcmd, datadir,
// probe and completion. What they share are the packages connection (which server,
// and how), console (the process's streams), outcome (exit codes and what is said of
// errors), and render, position and quantity (forms of values). This package composes
// them, and serves.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

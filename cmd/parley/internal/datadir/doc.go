// Package datadir is the commands on a server's data directory: `parley store`,
// `parley backup` and `parley restore`. They read the files of a stopped server; only
// a backup can also ask a running one, through its admin listener.
package datadir

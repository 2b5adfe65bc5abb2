// Package connection is what every command that calls a server needs: the flags
// that say which server and how, what of them the context in use sets, the client
// they describe, and what is said when a call about a topic fails.
//
// A flag on the command line wins over its variable in the environment, the variable
// over the context, the context over the default.
package connection

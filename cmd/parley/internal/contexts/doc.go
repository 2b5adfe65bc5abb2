// Package contexts keeps named servers for the command line: where a server is
// and what it takes to call it.
//
// They are one JSON file, contexts.json, in the folder parley of the user's
// configuration folder (os.UserConfigDir). Only the user can read it, since a
// context may hold a token. It is replaced as a whole, so a reader finds the old
// one or the new one; of two programs that change it at once, the last one wins.
package contexts

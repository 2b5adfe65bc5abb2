// Package calls makes the calls that the suite asks a client for, through the
// platform's client and with its production settings.
package calls

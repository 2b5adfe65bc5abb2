// Package imports checks the direction of imports between the modules of the
// workspace: cmd/parley → services/* → platform → gen. Its test runs the check
// on the repository itself.
package imports

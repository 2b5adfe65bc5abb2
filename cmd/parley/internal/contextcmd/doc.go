// Package contextcmd is `parley context`: it adds, lists, chooses, shows and removes
// the named servers that package contexts keeps.
package contextcmd

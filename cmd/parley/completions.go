package main

import (
	"github.com/alecthomas/kong"
	"github.com/willabides/kongplete"
)

type completionsCmd struct{}

// Help is shown by `parley install-completions --help`.
func (completionsCmd) Help() string {
	return `Changes no file. Add what it prints to the startup file of your shell, and start a
new one. It names this program by its path, so build parley first: a path made by
"go run" is gone afterwards.

Examples:
  parley install-completions >> ~/.bashrc
  parley install-completions >> ~/.zshrc
  parley install-completions > ~/.config/fish/completions/parley.fish`
}

// Run prints the script.
func (completionsCmd) Run(ctx *kong.Context) error {
	return new(kongplete.InstallCompletions).BeforeApply(ctx) // prints, in spite of its name
}

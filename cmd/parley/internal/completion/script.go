package completion

import (
	"fmt"

	"github.com/alecthomas/kong"
	"github.com/willabides/kongplete"

	"github.com/parleyhq/parley/cmd/parley/internal/outcome"
)

// Script is `parley install-completions`.
type Script struct{}

// Help is shown by `parley install-completions --help`.
func (Script) Help() string {
	return `Changes no file. Add what it prints to the startup file of your shell, and start a
new one. It names this program by its path, so build parley first: a path made by
"go run" is gone afterwards.

Examples:
  parley install-completions >> ~/.bashrc
  parley install-completions >> ~/.zshrc
  parley install-completions > ~/.config/fish/completions/parley.fish`
}

// Run prints the script.
func (Script) Run(ctx *kong.Context) error {
	if outcome.Command() != "parley" {
		return fmt.Errorf("%w: \"go run\" leaves no program to name; build one first: go build -o ~/bin/parley ./cmd/parley", outcome.ErrUsage)
	}
	return new(kongplete.InstallCompletions).BeforeApply(ctx) // prints, in spite of its name
}

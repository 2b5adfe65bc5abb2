package outcome

import (
	"os"
	"strings"
)

// Command is how the reader can call this program again.
func Command() string {
	if path, err := os.Executable(); err == nil && strings.Contains(path, "go-build") {
		return "go run ./cmd/parley"
	}
	return "parley"
}

// CommandLine returns a line to paste into a shell that calls this program.
func CommandLine(words ...string) string {
	line := []string{Command()}
	for _, word := range words {
		line = append(line, shellWord(word))
	}
	return strings.Join(line, " ")
}

// shellWord quotes a word of which a shell would make something else.
func shellWord(word string) string {
	special := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("-_./:=,@+", r)
	}
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

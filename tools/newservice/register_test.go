package main

import (
	"errors"
	"strings"
	"testing"
)

const list = `package main

import (
	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/services/dog"
)

func services() []server.Service {
	return []server.Service{
		// The dog has a comment above
		dog.New(), // and one beside.
	}
}
`

func TestRegister(t *testing.T) {
	t.Parallel()
	content := []byte(list)
	for _, name := range []string{"fish", "ape", "cat"} {
		changed, err := register(content, name)
		if err != nil {
			t.Fatal(err)
		}
		content = changed
	}
	want := strings.NewReplacer(
		"\t\"github.com/parleyhq/parley/services/dog\"\n",
		"\t\"github.com/parleyhq/parley/services/ape\"\n\t\"github.com/parleyhq/parley/services/cat\"\n"+
			"\t\"github.com/parleyhq/parley/services/dog\"\n\t\"github.com/parleyhq/parley/services/fish\"\n",
		"\t\t// The dog", "\t\tape.New(),\n\t\tcat.New(),\n\t\t// The dog",
		"beside.\n", "beside.\n\t\tfish.New(),\n",
	).Replace(list)
	if string(content) != want {
		t.Errorf("got\n%s\nwant\n%s", content, want)
	}
}

func TestRegisterFindsNoList(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"no function":   strings.ReplaceAll(list, "services() ", "others() "),
		"a method":      strings.ReplaceAll(list, "func services", "func (x) services"),
		"no imports":    "package main\n\nfunc services() []int { return []int{} }\n",
		"not a literal": strings.NewReplacer("return []server.Service{", "return others(", "\n\t}\n", "\n\t)\n").Replace(list),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := register([]byte(content), "ape"); !errors.Is(err, errNoList) {
				t.Errorf("got %v, want %v", err, errNoList)
			}
		})
	}
}

package cli_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/tests/harness"
)

// TestCompletion presses the tab key after words.
func TestCompletion(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	must(t, server, "topic", "create", "orders")
	must(t, server, "topic", "create", "other")
	must(t, server, "topic", "create", "people")
	u := newUser(t)
	u.runs(t, "", "context", "add", "local", "--server", server.URL).says(t, "add", 0)
	u.runs(t, "", "context", "add", "gone", "--server", unusedAddress(t), "--use").says(t, "add", 0)
	for line, want := range map[string][]string{
		"parley exch":                                                    {"exchange"},
		"parley topic ":                                                  {"create", "delete", "list", "purge", "show", "update"},
		"parley context use ":                                            {"default", "gone", "local"},
		"parley topic list --context l":                                  {"local"},
		"parley topic list --protocol grpc":                              {"grpc", "grpcweb"},
		"parley topic list --output ":                                    {"json", "text"},
		"parley subscribe --context local --from l":                      {"last=10"},
		"parley subscribe --context local --from end p":                  {"people"},
		"parley publish --context local o":                               {"orders", "other"},
		"parley context add p":                                           nil,
		"parley exchange --from ea":                                      {"earliest"},
		"parley bench pub":                                               {"publish"},
		"parley bench publish re":                                        {"replay"},
		"parley topic show --server " + server.URL + " o":                {"orders", "other"},
		"parley topic show --server=" + server.URL + " o":                {"orders", "other"},
		"parley topic show --context local p":                            {"people"},
		"parley exchange --name me --context local o":                    {"orders", "other"},
		"parley topic delete --context local --yes o":                    {"orders", "other"},
		"parley bench --context local --topic p":                         {"people"},
		"parley topic show ":                                             nil, // nobody answers
		"parley topic show --context nothing ":                           nil,
		"parley topic show --context local --server " + server.URL + " ": nil,
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := u.with("COMP_LINE="+line).runs(t, "")
			words := strings.Fields(got.stdout)
			slices.Sort(words)
			if got.code != 0 || got.stderr != "" || !slices.Equal(words, want) {
				t.Errorf("exit code %d, %q, want %q\n%s", got.code, words, want, got.stderr)
			}
		})
	}
	t.Run("the environment", func(t *testing.T) {
		t.Parallel()
		got := u.with("COMP_LINE=parley topic show p", "PARLEY_CONTEXT=local").runs(t, "")
		got.expect(t, "PARLEY_CONTEXT", 0, "people\n")
	})
}

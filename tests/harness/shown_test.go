package harness

import "testing"

// TestOutputPattern holds that a shown output matches what differs from run to run,
// and nothing else.
func TestOutputPattern(t *testing.T) {
	t.Parallel()
	const shown = "1 2026-11-23T02:04:35.969129Z two (coffees)\n{\"epoch\": \"IZNFQZB4ZPBQIV3O\"}\nto go on: …\n"
	for _, test := range []struct {
		output string
		want   bool
	}{
		{"1 2027-01-02T03:04:05Z two (coffees)\n{\"epoch\":\"AAAABBBBCCCCDDD2\"}\nto go on: x\ny\n", true},
		{"2 2027-01-02T03:04:05Z two (coffees)\n{\"epoch\":\"AAAABBBBCCCCDDD2\"}\nto go on: x\n", false},
		{"1 yesterday two (coffees)\n{\"epoch\":\"AAAABBBBCCCCDDD2\"}\nto go on: x\n", false},
		{"1 2027-01-02T03:04:05Z two (coffees)\n{\"epoch\":\"\"}\nto go on: x\n", false},
		{"error\n1 2027-01-02T03:04:05Z two (coffees)\n{\"epoch\":\"AAAABBBBCCCCDDD2\"}\nto go on: x\n", false},
		{"", false},
	} {
		if got := outputPattern(shown).MatchString(squeeze(test.output)); got != test.want {
			t.Errorf("%q: %t, want %t", test.output, got, test.want)
		}
	}
	if outputPattern("").MatchString(squeeze("surprise")) {
		t.Error("a block without a shown output may print")
	}
}

package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/parleyhq/parley/platform/codec/internal/jsonscan"
)

// entries returns what the scanner finds in an object or an array.
func entries(data []byte) (names []string, values [][]byte, ok bool) {
	s := jsonscan.New(data)
	value := func() bool {
		s.Peek()
		begin := s.Pos()
		if !s.Skip() {
			return false
		}
		values = append(values, data[begin:s.Pos()])
		return true
	}
	switch s.Peek() {
	case '{':
		ok = s.Object(func(name string) bool { names = append(names, name); return value() })
	case '[':
		ok = s.Array(func(int) bool { return value() })
	}
	return names, values, ok && s.Peek() == 0 && s.Pos() == len(data)
}

func TestScanner(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		` { } `:  nil,
		`[]`:     nil,
		`[1 ,2]`: {"1", "2"},
		`[ {"a":[1,{"b":"]}"}]} , "x\"]" , -1.5e3 , null ]`: {`{"a":[1,{"b":"]}"}]}`, `"x\"]"`, `-1.5e3`, `null`},
		`{"a" : "\\" , "b":{} }`:                            {`"\\"`, `{}`},
		`[` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `]`: {
			strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20),
		},
	} {
		_, values, ok := entries([]byte(text))
		if got := strings.Split(string(bytes.Join(values, []byte("\x00"))), "\x00"); !ok ||
			len(values) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%.60q: got %.60q, %v", text, got, ok)
		}
	}
	if names, _, ok := entries([]byte(`{"a":1,"\u0062":2,"":3}`)); !ok || !reflect.DeepEqual(names, []string{"a", "b", ""}) {
		t.Errorf("got names %q, %v", names, ok)
	}
	for _, text := range []string{
		``, `{`, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{1:2}`, `{"a":"x`, `{"a":"x\"}`,
		`[{]`, `{"a":1]`, "[\x00]", "[\x00", `[:]`, `{"\x":1}`,
	} {
		if _, values, ok := entries([]byte(text)); ok {
			t.Errorf("%q is JSON: %q", text, values)
		}
	}
}

// FuzzScanner holds the scanner to the library: of JSON it finds the same values.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":"]}"}],"\u0062":null}`, `[ "x\"]" , -1.5e3 ]`, `[1 2]`, `{"a":1]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		names, values, ok := entries(data)
		decoder := json.NewDecoder(bytes.NewReader(data))
		start, err := decoder.Token()
		if err != nil || !json.Valid(data) || start != json.Delim('{') && start != json.Delim('[') {
			return // what it makes of other text is open
		}
		if !ok {
			t.Fatal("is JSON")
		}
		for i := 0; decoder.More(); i++ {
			if start == json.Delim('{') {
				if name, err := decoder.Token(); err != nil || i >= len(names) || name != names[i] {
					// The library replaces what is no UTF-8; names are looked up as they are.
					if bytes.ToValidUTF8(data, nil) != nil && len(bytes.ToValidUTF8(data, nil)) == len(data) {
						t.Fatalf("name %d: got %q, want %q, %v", i, names, name, err)
					}
				}
			}
			var value json.RawMessage
			if err := decoder.Decode(&value); err != nil || i >= len(values) || !bytes.Equal(value, values[i]) {
				t.Fatalf("value %d: got %q, want %q, %v", i, values, value, err)
			}
			if !decoder.More() && i+1 != len(values) {
				t.Fatalf("found %q", values)
			}
		}
	})
}

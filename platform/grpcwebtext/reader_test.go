package grpcwebtext

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"connectrpc.com/connect/v2"
)

func read(source io.Reader) (string, error) {
	content, err := io.ReadAll(newReader(io.NopCloser(source)))
	return string(content), err
}

// ways are ways in which the same body can arrive.
var ways = map[string]func(io.Reader) io.Reader{ //nolint:gochecknoglobals // a constant table
	"whole":          func(r io.Reader) io.Reader { return r },
	"byte by byte":   iotest.OneByteReader,
	"half":           iotest.HalfReader,
	"end with data":  iotest.DataErrReader,
	"one, then rest": func(r io.Reader) io.Reader { return &shortFirst{Reader: r} },
}

// shortFirst returns one byte first, so that all quanta are split after it.
type shortFirst struct {
	io.Reader
	begun bool
}

func (s *shortFirst) Read(p []byte) (int, error) {
	if !s.begun {
		s.begun = true
		p = p[:1]
	}
	return s.Reader.Read(p)
}

func TestReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 5000)
	for name, test := range map[string]struct {
		text, want string
		invalid    bool
	}{
		"empty":                    {},
		"no padding":               {text: "YWJj", want: "abc"},
		"one padding":              {text: "YWI=", want: "ab"},
		"two paddings":             {text: "YQ==", want: "a"},
		"padding in the middle":    {text: "YQ==YWI=YWJjYQ==", want: "aababca"},
		"padded texts, one byte":   {text: "AA==AA==AA==", want: "\x00\x00\x00"},
		"long":                     {text: base64.StdEncoding.EncodeToString([]byte(long)), want: long},
		"cut short":                {text: "YWJjYW", want: "abc", invalid: true},
		"one character":            {text: "Y", invalid: true},
		"no base64":                {text: "YWJj****", want: "abc", invalid: true},
		"URL alphabet":             {text: "__--", invalid: true},
		"padding first":            {text: "=YWJ", invalid: true},
		"three paddings":           {text: "YWJjY===", want: "abc", invalid: true},
		"data after padding":       {text: "YQ=a", invalid: true},
		"line end inside":          {text: "YW\nJj", invalid: true},
		"line ends, four":          {text: "\r\n\r\n", invalid: true},
		"binary gRPC-Web":          {text: "\x00\x00\x00\x00\x02hi!", invalid: true},
		"good quanta before a bad": {text: "YWJjYWJjYWJj!!!!YWJj", want: "abcabcabc", invalid: true},
	} {
		for way, arrive := range ways {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				got, err := read(arrive(strings.NewReader(test.text)))
				if errors.Is(err, ErrNotBase64) != test.invalid || !test.invalid && err != nil {
					t.Errorf("error %v, want invalid: %t", err, test.invalid)
				}
				if test.invalid && connect.CodeOf(err) != connect.CodeInvalidArgument {
					t.Errorf("code %v, want invalid argument", connect.CodeOf(err))
				}
				// Whether bytes of the faulty quantum itself come is left open.
				if !strings.HasPrefix(got, test.want) || !test.invalid && got != test.want {
					t.Errorf("got %.60q, want %.60q", got, test.want)
				}
			})
		}
	}
}

// TestReaderWaitsForNothing reads what has arrived while the rest has not.
func TestReaderWaitsForNothing(t *testing.T) {
	t.Parallel()
	source, client := io.Pipe()
	reader := newReader(source)
	defer reader.Close()
	go func() { _, _ = io.WriteString(client, "YWJjYW") }()
	got := make([]byte, 10)
	n, err := reader.Read(got)
	if err != nil || string(got[:n]) != "abc" {
		t.Fatalf("got %q, %v, want what the first quantum stands for", got[:n], err)
	}
	go func() { _, _ = io.WriteString(client, "I=") }()
	if n, err = reader.Read(got); err != nil || string(got[:n]) != "ab" {
		t.Fatalf("got %q, %v, want what the second stands for", got[:n], err)
	}
}

func TestReaderPassesErrorsOn(t *testing.T) {
	t.Parallel()
	got, err := read(io.MultiReader(strings.NewReader("YWJjYW"), iotest.ErrReader(io.ErrClosedPipe)))
	if got != "abc" || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %q, %v, want abc and the source's error", got, err)
	}
}

// FuzzReader checks that any bytes, encoded as padded texts of any length, come
// out again however they arrive.
func FuzzReader(f *testing.F) {
	f.Add([]byte("hello"), uint8(1))
	f.Add([]byte{0, 0, 0, 0, 3, 1, 2, 3}, uint8(5))
	f.Add([]byte(nil), uint8(0))
	f.Fuzz(func(t *testing.T, content []byte, chunk uint8) {
		var text strings.Builder
		for rest := content; len(rest) > 0; {
			n := min(int(chunk)+1, len(rest))
			text.WriteString(base64.StdEncoding.EncodeToString(rest[:n]))
			rest = rest[n:]
		}
		for way, arrive := range ways {
			got, err := read(arrive(strings.NewReader(text.String())))
			if err != nil || got != string(content) {
				t.Errorf("%s: got %q, %v, want %q", way, got, err, content)
			}
		}
	})
}

// FuzzReaderSplit checks that the way a body is cut into reads makes no
// difference, also where it is not base64.
func FuzzReaderSplit(f *testing.F) {
	for _, seed := range []string{"YWJj", "YQ==YQ==", "YQ=", "\n\n\n\nYWJj", "YWJj\n\n\n\n", "====", "A=A=", "!"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_, whole := read(bytes.NewReader(body))
		for way, arrive := range ways {
			if _, err := read(arrive(bytes.NewReader(body))); (err == nil) != (whole == nil) {
				t.Errorf("%s: got %v, whole: %v", way, err, whole)
			}
		}
	})
}

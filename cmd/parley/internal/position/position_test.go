package position

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

func TestParse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{ // "" stands for an error
		"earliest":                  `{"earliest":true}`,
		"end":                       `{"end":true}`,
		"1":                         `{"sequence":"1"}`,
		"9007199254740991":          `{"sequence":"9007199254740991"}`,
		"last=10":                   `{"last":10}`,
		"cursor=EPOCH:0":            `{"after":{"epoch":"EPOCH"}}`,
		"cursor=a:b:17":             `{"after":{"epoch":"a:b","sequence":"17"}}`,
		"10m":                       `{"time":"2026-03-04T11:50:00Z"}`,
		"-10m":                      `{"time":"2026-03-04T11:50:00Z"}`,
		"1h30m":                     `{"time":"2026-03-04T10:30:00Z"}`,
		"2026-03-04T05:06:07Z":      `{"time":"2026-03-04T05:06:07Z"}`,
		"2026-03-04T05:06:07+02:00": `{"time":"2026-03-04T03:06:07Z"}`,
		"":                          "",
		"0":                         "",
		"-1":                        "",
		"last=0":                    "",
		"last=x":                    "",
		"last=4294967296":           "",
		"cursor=":                   "",
		"cursor=EPOCH":              "",
		"cursor=:1":                 "",
		"cursor=EPOCH:x":            "",
		"yesterday":                 "",
		"2026-03-04":                "",
	} {
		start, err := Parse(text, now)
		if want == "" {
			if err == nil {
				t.Errorf("%q: %v, want an error", text, start)
			}
			continue
		}
		var expected messagingv1.Start
		if err := protojson.Unmarshal([]byte(want), &expected); err != nil {
			t.Fatal(err)
		}
		if err != nil || !proto.Equal(start, &expected) {
			t.Errorf("%q: %v, %v, want %s", text, start, err, want)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	cursor := &messagingv1.Cursor{Epoch: "x:y", Sequence: 42}
	start, err := Parse(Format(cursor), time.Now())
	if err != nil || !proto.Equal(start.GetAfter(), cursor) {
		t.Errorf("%q: %v, %v", Format(cursor), start, err)
	}
}

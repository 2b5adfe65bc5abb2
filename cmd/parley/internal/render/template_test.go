package render

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	text := &messagingv1.Message{
		Sequence: 7, PublishTime: timestamppb.New(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), Id: "a/1", Key: "k",
		Attributes: map[string]string{"source": "shop"}, Payload: &messagingv1.Message_Text{Text: `two "coffees"`},
	}
	data := &messagingv1.Message{Payload: &messagingv1.Message_Data{Data: []byte{0, 255}}}
	for _, test := range []struct {
		template string
		message  *messagingv1.Message
		want     string // "": the template is refused
	}{
		{"{{.Sequence}} {{.Text}}", text, `7 two "coffees"`},
		{`{{.Time.Format "15:04"}} {{.ID}} {{.Key}} {{.Cursor}}`, text, "03:04 a/1 k cursor=e:7"},
		{"{{.Attributes.source}}{{.Attributes.other}}", text, "shop"},
		{"{{json .Text}} {{json .Attributes}}", text, `"two \"coffees\"" {"source":"shop"}`},
		{"{{json .Data}}{{.Text}}", data, "\"AP8=\"\x00\xff"},
		{"{{.Sequenze}}", text, ""},
		{"{{.Text", text, ""},
		{"{{exec .Text}}", text, ""},
	} {
		parsed, err := ParseTemplate(test.template)
		if test.want == "" {
			if err == nil {
				t.Errorf("%s is accepted", test.template)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.template, err)
			continue
		}
		var out strings.Builder
		if err := parsed.Execute(&out, test.message, "cursor=e:7"); err != nil || out.String() != test.want+"\n" {
			t.Errorf("%s: %q, %v, want %q", test.template, &out, err, test.want)
		}
	}
}

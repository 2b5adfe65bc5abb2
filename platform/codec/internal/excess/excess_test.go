package excess_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/platform/codec/internal/excess"
)

const (
	depth   = 64
	batch   = 1001 // one message more than a batch may have
	allKeys = 101  // one key more than a reader may name
)

// requests are those with lists in them.
func requests() []proto.Message {
	return []proto.Message{
		&messagingv1.PublishRequest{}, &messagingv1.PublishStreamRequest{}, &messagingv1.ExchangeRequest{},
		&messagingv1.SubscribeRequest{}, &messagingv1.ReadMessagesRequest{}, &messagingv1.UpdateTopicRequest{},
	}
}

// lists returns the lists of a request that have limits.
func lists(request proto.Message) (messages []*messagingv1.Message, keys []string) {
	switch r := request.(type) {
	case interface{ GetMessages() []*messagingv1.Message }:
		messages = r.GetMessages()
	case interface{ GetKeys() []string }:
		keys = r.GetKeys()
	case *messagingv1.ExchangeRequest:
		messages, keys = r.GetPublish().GetRequest().GetMessages(), r.GetSubscribe().GetRequest().GetKeys()
	}
	return messages, keys
}

// truncate takes out of a decoded request what is beyond the limits.
func truncate(request proto.Message) {
	messages, keys := lists(request)
	messages, keys = messages[:min(len(messages), batch)], keys[:min(len(keys), allKeys)]
	switch r := request.(type) {
	case *messagingv1.PublishRequest:
		r.Messages = messages
	case *messagingv1.PublishStreamRequest:
		r.Messages = messages
	case *messagingv1.SubscribeRequest:
		r.Keys = keys
	case *messagingv1.ReadMessagesRequest:
		r.Keys = keys
	case *messagingv1.ExchangeRequest:
		if r.GetPublish().GetRequest() != nil {
			r.GetPublish().GetRequest().Messages = messages
		}
		if r.GetSubscribe().GetRequest() != nil {
			r.GetSubscribe().GetRequest().Keys = keys
		}
	}
}

// refused reports that the rules refuse a request. Those of commands are checked
// apart.
func refused(request proto.Message) bool {
	if exchange, ok := request.(*messagingv1.ExchangeRequest); ok {
		return protovalidate.Validate(exchange.GetPublish().GetRequest()) != nil ||
			protovalidate.Validate(exchange.GetSubscribe().GetRequest()) != nil
	}
	return protovalidate.Validate(request) != nil
}

// form is one encoding of requests.
type form struct {
	cut    func(*excess.Limits, []byte, proto.Message) ([]byte, error)
	decode func([]byte, proto.Message) error
}

var (
	inJSON = form{
		cut: func(l *excess.Limits, data []byte, request proto.Message) ([]byte, error) {
			return l.JSON(data, request.ProtoReflect().Descriptor())
		},
		decode: protojson.UnmarshalOptions{RecursionLimit: depth}.Unmarshal,
	}
	inBinary = form{
		cut: func(l *excess.Limits, data []byte, request proto.Message) ([]byte, error) {
			return l.Binary(data, request.ProtoReflect().Descriptor())
		},
		decode: proto.UnmarshalOptions{RecursionLimit: depth}.Unmarshal,
	}
)

// check holds what is cut to the whole: it decodes to the whole without excess, and
// what had any is refused. It returns what is left, decoded.
func (f form) check(t *testing.T, data []byte, request proto.Message) proto.Message {
	t.Helper()
	given := bytes.Clone(data)
	rest, err := f.cut(excess.New(depth), data, request)
	if !bytes.Equal(given, data) {
		t.Fatal("the caller's data is changed")
	}
	if err != nil {
		return nil
	}
	whole, cut := request.ProtoReflect().New().Interface(), request.ProtoReflect().New().Interface()
	wholeErr, cutErr := f.decode(data, whole), f.decode(rest, cut)
	if cutErr != nil {
		if wholeErr == nil {
			t.Fatalf("what is left of a good encoding does not decode: %v", cutErr)
		}
		return nil
	}
	if !bytes.Equal(rest, data) && !refused(cut) {
		t.Fatalf("what is left of too much is good: %.200v", cut)
	}
	if wholeErr != nil {
		return cut // what was wrong is among what was taken out
	}
	if truncate(whole); !proto.Equal(cut, whole) {
		t.Fatalf("something besides excess is missing or changed:\n%.300v\n%.300v", cut, whole)
	}
	return cut
}

func TestLeavesWhatIsNeededInJSON(t *testing.T) {
	t.Parallel()
	list := func(element string, n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
	}
	many := list("{}", 20_000)
	keys := list(`"k"`, 20_000)
	spread := strings.ReplaceAll(many, ",", " \r\n,\t")
	for name, test := range map[string]struct {
		text           string
		into           proto.Message
		messages, keys int
	}{
		"messages":               {`{"topic":"x","messages":` + many + `}`, &messagingv1.PublishRequest{}, batch, 0},
		"before a topic":         {`{"messages":` + many + `,"topic":"x"}`, &messagingv1.PublishStreamRequest{}, batch, 0},
		"spread":                 {` { "messages" : ` + spread + ` , "topic" : "x" } `, &messagingv1.PublishRequest{}, batch, 0},
		"under an escaped name":  {`{"m\u0065ssages":` + many + `}`, &messagingv1.PublishRequest{}, batch, 0},
		"not empty":              {`{"messages":` + list(`{"id":"\"]},","attributes":{"a":"b"},"text":"}"}`, 5000) + `}`, &messagingv1.PublishRequest{}, batch, 0},
		"in a command":           {`{"publish":{"correlationId":1,"request":{"messages":` + many + `},"stop_on_failure":true}}`, &messagingv1.ExchangeRequest{}, batch, 0},
		"keys":                   {`{"topic":"x","keys":` + keys + `,"stop_at_head":true}`, &messagingv1.SubscribeRequest{}, 0, allKeys},
		"keys of a page":         {`{"keys":` + keys + `,"max_messages":5}`, &messagingv1.ReadMessagesRequest{}, 0, allKeys},
		"keys in a command":      {`{"subscribe":{"request":{"keys":` + keys + `}}}`, &messagingv1.ExchangeRequest{}, 0, allKeys},
		"after null":             {`{"topic":null,"expectedEpoch":null,"messages":` + many + `}`, &messagingv1.PublishRequest{}, batch, 0},
		"the largest number":     {`{"messages":` + list(`{"id":"abcdef"}`, 1000) + `}`, &messagingv1.PublishRequest{}, 1000, 0},
		"one more":               {`{"messages":` + list(`{"id":"abcdef"}`, 1001) + `}`, &messagingv1.PublishRequest{}, batch, 0},
		"two more":               {`{"messages":` + list(`{"id":"abcdef"}`, 1002) + `}`, &messagingv1.PublishRequest{}, batch, 0},
		"wrong among the excess": {`{"messages":` + strings.TrimSuffix(list("{}", 2000), "]") + `,{"zz":01}]}`, &messagingv1.PublishRequest{}, batch, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cut := inJSON.check(t, []byte(test.text), test.into)
			if cut == nil {
				t.Fatal("does not decode")
			}
			if messages, keys := lists(cut); len(messages) != test.messages || len(keys) != test.keys {
				t.Errorf("%d messages and %d keys are left, want %d and %d", len(messages), len(keys), test.messages, test.keys)
			}
		})
	}
}

// TestKeepsPlacesOfErrors holds that an error behind the excess is the one of the
// whole text, with its line and column.
func TestKeepsPlacesOfErrors(t *testing.T) {
	t.Parallel()
	many := "[{}" + strings.Repeat(",\n{}", 5000)
	for name, text := range map[string]string{
		"unknown field": `{"messages":` + many + `], "zz":1}`,
		"twice":         `{"messages":` + many + `], "messages":[]}`,
		"cut":           `{"messages":` + many,
		"no comma":      `{"messages":` + many + ` {}]}`,
		"more":          `{"messages":` + many + `]}}`,
		"wrong type":    `{"messages":` + many + `],"topic":{}}`,
		"before it":     `{"topic":1,"messages":` + many + `]}`,
		"null":          `{"messages":[null` + strings.Repeat(",null", 5000) + `]}`,
		"no list":       `{"messages":{"a":` + many + `]}}`,
		"no object":     many + `]`,
		"too deep":      `{"topic":` + strings.Repeat("[", 5000),
	} {
		rest, err := excess.New(depth).JSON([]byte(text), (&messagingv1.PublishRequest{}).ProtoReflect().Descriptor())
		if err != nil {
			t.Fatal(err)
		}
		want := protojson.Unmarshal([]byte(text), &messagingv1.PublishRequest{})
		if got := protojson.Unmarshal(rest, &messagingv1.PublishRequest{}); got == nil || got.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	update := (&messagingv1.UpdateTopicRequest{}).ProtoReflect().Descriptor()
	for paths, refused := range map[int]bool{excess.MaxPaths: false, excess.MaxPaths + 1: true, 100_000: true} {
		names := slices.Repeat([]string{"a"}, paths)
		for _, comma := range []string{",", `\u002c`, `\u002C`} {
			text := fmt.Sprintf(`{"topic":{"name":"x"},"update_mask":"%s"}`, strings.Join(names, comma))
			if rest, err := excess.New(depth).JSON([]byte(text), update); (err != nil) != refused || string(rest) != text {
				t.Errorf("%d paths in JSON: %v", paths, err)
			}
		}
		encoded := field(2, slices.Repeat(field(1, []byte("a")), paths))
		if _, err := excess.New(depth).Binary(encoded, update); (err != nil) != refused {
			t.Errorf("%d paths: %v", paths, err)
		}
	}
}

// TestCopiesNothingNeedlessly holds that a request without excess costs no memory in
// JSON, and one without limits none at all.
func TestCopiesNothingNeedlessly(t *testing.T) {
	t.Parallel()
	limits := excess.New(depth)
	text := []byte(`{"topic":"x","messages":[{"text":"` + strings.Repeat("x", 1<<20) + `"}]}`)
	publish := (&messagingv1.PublishRequest{}).ProtoReflect().Descriptor()
	if rest, err := limits.JSON(text, publish); err != nil || &rest[0] != &text[0] {
		t.Errorf("is copied, %v", err)
	}
	get := (&messagingv1.GetTopicRequest{}).ProtoReflect().Descriptor()
	encoded := field(1, make([]byte, 1<<20))
	if rest, err := limits.Binary(encoded, get); err != nil || &rest[0] != &encoded[0] {
		t.Errorf("is copied, %v", err)
	}
}

// FuzzJSON and FuzzBinary hold both ways to the library, for every request.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`{"topic":"x","messages":[{"id":"a"},{}],"expectedEpoch":null}`,
		`{"publish":{"request":{"messages":[{},{}]}}}`, `{"subscribe":{"request":{"keys":["a","\u0062"]}}}`,
		`{"updateMask":"a,b","topic":{}}`, `{"m\u0065ssages":[{"zz":[1]},null]}`, `{"messages":[{}{}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// What the text has once is there more often than any list may have it.
		for _, grown := range [][]byte{
			append(bytes.Clone(text), bytes.Repeat([]byte(" "), 4<<10)...),
			bytes.Replace(text, []byte("{}"), append(bytes.Repeat([]byte("{}, "), 1100), "{}"...), 1),
			bytes.Replace(text, []byte(`"a"`), append(bytes.Repeat([]byte(`"a",`), 1100), `"a"`...), 1),
		} {
			for _, request := range requests() {
				inJSON.check(t, grown, request)
			}
		}
	})
}

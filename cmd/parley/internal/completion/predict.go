package completion

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/posener/complete"
	"github.com/willabides/kongplete"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"

	"github.com/parleyhq/parley/cmd/parley/internal/connection"
	"github.com/parleyhq/parley/cmd/parley/internal/contexts"
	"github.com/parleyhq/parley/cmd/parley/internal/load"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// completionLimit bounds what a key press waits for a server.
const completionLimit = 700 * time.Millisecond

// Complete prints the words that go on with the line that the shell gives in the
// environment, and reports whether it does. Contexts are those of store. The parser's
// model is not to be parsed with afterwards.
func Complete(parser *kong.Kong, store contexts.Store) bool {
	if os.Getenv("COMP_LINE") == "" {
		return false
	}
	completeAlike(parser.Model)
	kongplete.Complete(parser, predictors(store))
	return true
}

// predictors complete the arguments and flags that name them by the tag
// predictor. Their words are those of help; what cannot be known is left out.
func predictors(store contexts.Store) kongplete.Option {
	return kongplete.WithPredictors(map[string]complete.Predictor{
		"codec":    complete.PredictSet("proto", "json"),
		"http":     complete.PredictSet("2", "1.1"),
		"output":   complete.PredictSet(string(render.Text), string(render.JSON)),
		"position": complete.PredictSet("earliest", "end", "last=10", "10m", "1h", "24h", "cursor="),
		"protocol": complete.PredictSet("connect", "grpc", "grpcweb"),
		"workload": complete.PredictSet(load.Names()...),
		"context": complete.PredictFunc(func(complete.Args) []string {
			book, _ := store.Read() // without a book there is only the default
			return append(book.Names(), contexts.Default)
		}),
		"topic": complete.PredictFunc(func(args complete.Args) []string { return topicNames(store, args.Completed) }),
	})
}

// completeAlike lets arguments and flags without the tag predictor be completed as
// those of the same name that have it, unless these differ. It changes a model that
// is not parsed with afterwards.
func completeAlike(model *kong.Application) {
	known := map[string]*kong.Tag{} // nil: there are several
	var rest []func()
	visit := func(name string, value *kong.Value) {
		if !value.Tag.Has("predictor") {
			rest = append(rest, func() {
				if tag := known[name]; tag != nil {
					value.Tag = tag
				}
			})
			return
		}
		before, seen := known[name]
		if known[name] = value.Tag; seen && (before == nil || before.Get("predictor") != value.Tag.Get("predictor")) {
			known[name] = nil
		}
	}
	for _, command := range model.Leaves(true) {
		for _, argument := range command.Positional {
			visit(argument.Name, argument)
		}
		for _, flag := range command.Flags {
			visit("--"+flag.Name, flag.Value)
		}
	}
	for _, complete := range rest {
		complete()
	}
}

// topicNames asks the server that the words so far name for its topics.
func topicNames(store contexts.Store, words []string) []string {
	var line struct{ connection.OneServer }
	resolver := connection.NewResolver(store)
	parser, err := kong.New(&line, append(resolver.Options(), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))...)
	if err != nil {
		return nil
	}
	if _, err := parser.Parse(connectionFlags(parser.Model, words)); err != nil || resolver.Err() != nil {
		return nil
	}
	connected, err := line.Connect()
	if err != nil {
		return nil
	}
	defer connected.Close()
	ctx, cancel := context.WithTimeout(context.Background(), completionLimit)
	defer cancel()
	page, err := messagingv1connect.NewTopicServiceClient(connected.Connect()).ListTopics(ctx, &messagingv1.ListTopicsRequest{PageSize: 1000})
	if err != nil {
		return nil
	}
	names := make([]string, len(page.GetTopics()))
	for i, topic := range page.GetTopics() {
		names[i] = topic.GetName()
	}
	return names
}

// connectionFlags returns those of the words that say which server to call.
func connectionFlags(model *kong.Application, words []string) []string {
	takesValue := map[string]bool{} // the flags, with their dashes
	for _, flag := range model.Flags {
		takesValue["--"+flag.Name] = !flag.IsBool()
	}
	delete(takesValue, "--help")
	var kept []string
	for i, word := range words {
		name, _, joined := strings.Cut(word, "=")
		value, known := takesValue[name]
		switch {
		case !known:
		case joined || !value:
			kept = append(kept, word)
		case i+1 < len(words):
			kept = append(kept, word, words[i+1])
		}
	}
	return kept
}

package messaging

import (
	"fmt"
	"log/slog"
	"net/http"

	"connectrpc.com/connect/v2"

	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
	"github.com/parleyhq/parley/platform/interceptor"
	"github.com/parleyhq/parley/platform/server"
	"github.com/parleyhq/parley/services/messaging/internal/batch"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/rpc"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/store/pebblestore"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
	"github.com/parleyhq/parley/services/messaging/storage"
)

// Log is the messaging service over one data directory. It is safe for
// concurrent use.
type Log struct {
	store    store.Store
	metrics  *metrics
	topics   *rpc.Topics
	messages *rpc.Messages
	backup   http.Handler
	failed   chan error
	state    state
}

// New opens the data directory, creating it if need be. It fails where another
// process uses the directory, or where its data is damaged or incomplete; then
// nothing has been changed. The result must be closed, which a server does that
// is built with its Services.
func New(log *slog.Logger, config Config) (*Log, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	validator, err := interceptor.NewValidator()
	if err != nil {
		return nil, err
	}
	l := &Log{failed: make(chan error, 1)}
	tails := tail.New(tail.DefaultTopicBytes, tail.DefaultTotalBytes)
	l.metrics = newMetrics(tails)
	opened, err := pebblestore.Open(pebblestore.Options{
		Dir: config.DataDir, MinFreeBytes: config.MinFreeBytes, Logger: log,
		Hooks: l.hooks(log, tails), OnFatal: l.fail,
	})
	if err != nil {
		return nil, fmt.Errorf("open --data-dir %s: %w", config.DataDir, err)
	}
	l.store = opened
	l.backup = storage.BackupHandler(log, opened.Backup)
	l.topics = &rpc.Topics{Store: opened}
	l.messages = &rpc.Messages{
		Source: &delivery.Source{
			Store: opened, Tails: tails, Observer: l.metrics,
			Buffers: delivery.NewBuffers(delivery.LargeBytes),
		},
		Validator: validator,
	}
	return l, nil
}

// Services returns what a server serves: TopicService and MessageService.
func (l *Log) Services() []server.Service {
	return []server.Service{
		{
			Name: messagingv1connect.TopicServiceName, Register: l.registerTopics,
			Admin: map[string]http.Handler{storage.BackupPattern: l.backup}, Failed: l.failed, Close: l.Close,
		},
		{
			Name: messagingv1connect.MessageServiceName, Register: l.registerMessages,
			Decode: batch.Decode, Precheck: batch.Valid, Collectors: l.metrics.collectors(), Unready: l.state.watch,
		},
	}
}

// Register adds the methods of both services to a Connect server.
func (l *Log) Register(rpcs *connect.Server) {
	l.registerTopics(rpcs)
	l.registerMessages(rpcs)
}

func (l *Log) registerTopics(rpcs *connect.Server) {
	messagingv1connect.RegisterTopicServiceHandler(rpcs, l.topics)
}

func (l *Log) registerMessages(rpcs *connect.Server) {
	messagingv1connect.RegisterMessageServiceHandler(rpcs, l.messages)
}

// Close completes what is queued and releases the data directory. Calls fail
// afterwards.
func (l *Log) Close() error {
	if err := l.store.Close(); err != nil {
		return fmt.Errorf("close the data directory: %w", err)
	}
	return nil
}

// fail ends the server: the log cannot be written any more.
func (l *Log) fail(cause error) {
	select {
	case l.failed <- fmt.Errorf("the storage failed; what was acknowledged is safe, restart the server: %w", cause):
	default: // the first failure says it all
	}
}

// hooks feeds the tails and the metrics.
func (l *Log) hooks(log *slog.Logger, tails *tail.Tails) store.Hooks {
	return store.Hooks{
		Committed: tails.Commit,
		Followed:  tails.Followed,
		Trimmed:   tails.Trim,
		Deleted:   func(topic, _ string) { tails.Delete(topic) },
		Round:     l.metrics.round,
		Refused:   l.metrics.refused.Inc,
		Stalled: func(cause error) {
			if cause == nil {
				log.Info("the storage can be written again: publishing goes on")
			} else {
				log.Error("the storage cannot be written: publishing is refused until it can", slog.Any("cause", cause))
			}
			l.state.set(cause)
		},
		Lost: func(topic string, gap store.Gap) {
			log.Error("stored messages cannot be read: readers get a gap", slog.String("topic", topic),
				slog.Uint64("first_missing", gap.First), slog.Uint64("last_missing", gap.Last), slog.Any("cause", gap.Cause))
		},
	}
}

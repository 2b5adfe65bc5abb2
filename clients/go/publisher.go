package parley

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"connectrpc.com/connect/v2"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

var (
	// ErrClosed is wrapped by errors of a publisher after Close.
	ErrClosed = errors.New("publisher is closed")
	// ErrStopped is wrapped by errors of a publisher that met an error which
	// another try would only repeat, beside that error. Make a new one.
	ErrStopped = errors.New("publisher has stopped")
	// ErrOutcomeUnknown is wrapped by errors that leave open whether a message
	// is stored. Publishing it again with the same id stores it once while the
	// topic remembers ids.
	ErrOutcomeUnknown = errors.New("the message may be stored")
)

// Publisher publishes to one topic, many messages at once, and each of them once:
// every message has an id, so that what is sent again after a failure is not
// stored again. Messages are stored in the order of the calls of Publish, and what
// is stored has no hole but messages that were refused for themselves. A topic whose
// de-duplication window is 0 remembers no ids: there a message that is sent again can
// be stored twice.
//
// It is safe for concurrent use. It runs goroutines: call [Publisher.Close].
type Publisher struct {
	messages messagingv1connect.MessageServiceClient
	config   PublisherConfig
	cancel   context.CancelFunc // ends calls in progress
	done     chan struct{}      // closed when run has ended
	wake     chan struct{}      // something to send, perhaps

	mu      sync.Mutex
	box     outbox
	changed chan struct{} // closed and replaced when messages get outcomes
	ids     uint64
	epoch   string
	failed  error // the first failure that Flush has not reported
	fatal   error // why nothing is accepted any more
	closing bool

	unary       bool // Exchange is not to be had
	interrupted bool // of run
}

// NewPublisher returns a publisher that calls the servers of a client: Connect()
// of platform/client gives one with balancing and health checks. It makes no call
// before the first message. An invalid configuration is refused.
func NewPublisher(client *connect.Client, config PublisherConfig) (*Publisher, error) {
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("configure publisher: %w", err)
	}
	config = config.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	p := &Publisher{
		messages: messagingv1connect.NewMessageServiceClient(client), config: config,
		cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1), changed: make(chan struct{}),
		box: outbox{limits: config.limits()}, epoch: config.Epoch, unary: config.Unary,
	}
	go p.run(ctx)
	return p, nil
}

// Publish accepts one message and returns at once with its outcome to come. While
// MaxPending messages or MaxPendingBytes have no outcome, it waits: for as long as
// ctx allows. The message must not be changed before its outcome is known; it may
// be published again, and is then another message unless it has an id of its own.
//
// An error means that the message was not accepted: it matches
// [ErrInvalidMessage], [ErrClosed], [ErrStopped] or the error of ctx.
func (p *Publisher) Publish(ctx context.Context, message *messagingv1.Message) (*Result, error) {
	m, err := prepare(message)
	if err != nil {
		return nil, err
	}
	given := m.GetId() != ""
	if !given {
		m.Id = p.config.IDPrefix + "/" + strconv.FormatUint(1<<63, 10) // room for any number
	}
	n, err := size(m)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.fatal == nil && !p.closing && !p.box.hasRoom(n) {
		if err := p.await(ctx); err != nil {
			return nil, fmt.Errorf("wait for room: %w", err)
		}
	}
	if err := p.refusal(); err != nil {
		return nil, err
	}
	if !given {
		p.ids++
		m.Id = p.config.IDPrefix + "/" + strconv.FormatUint(p.ids, 10)
	}
	result := &Result{}
	p.box.add(entry{message: m, size: n, result: result})
	p.poke()
	return result, nil
}

// Flush sends what lingers and waits until every message accepted before has its
// outcome. It returns the first failure among them that no Flush has reported
// yet, or the error of ctx.
func (p *Publisher) Flush(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	upTo := p.box.accepted
	p.box.flushTo = max(p.box.flushTo, upTo)
	p.poke()
	for p.box.settled < upTo {
		if err := p.await(ctx); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
	}
	err := p.failed
	p.failed = nil
	return err
}

// Close accepts no more messages, flushes, and stops the goroutines. If ctx ends
// first, messages without an outcome get an error that matches [ErrClosed], and
// [ErrOutcomeUnknown] if they were sent; Close then returns the error of ctx.
// Closing again does nothing.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	closed := p.closing
	p.closing = true
	p.mu.Unlock()
	if closed {
		<-p.done
		return nil
	}
	err := p.Flush(ctx)
	p.cancel()
	<-p.done
	return err
}

// await waits for a change. The caller holds the lock, again when it returns.
func (p *Publisher) await(ctx context.Context) error {
	changed := p.changed
	p.mu.Unlock()
	defer p.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// notify wakes those who await. The caller holds the lock.
func (p *Publisher) notify() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// poke makes run look for something to send.
func (p *Publisher) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// refusal says why nothing is accepted. The caller holds the lock.
func (p *Publisher) refusal() error {
	if p.closing {
		return ErrClosed
	}
	return p.fatal
}

// randomPrefix returns a prefix of ids that nobody else has.
func randomPrefix() string { return rand.Text() }

// since is time.Since, 0 for the zero time.
func since(t time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return time.Since(t)
}

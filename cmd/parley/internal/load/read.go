package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/gen/parley/messaging/v1/messagingv1connect"
)

type subscription = messagingv1connect.MessageServiceSubscribeClientStream

// stampBase is added to times, so that none is negative.
const stampBase = time.Hour

// endMark is the last message of a publisher whose readers may leave.
const endMark = "end"

// subscribe has one publisher and many readers of what it publishes. A message
// says when it was sent: publisher and readers share this process's clock. A
// publisher that is ahead of its readers waits for them.
func (r *run) subscribe() {
	key := rand.Text() // tells this run's messages from others in the topic
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	// A batch takes as much room as there are readers; each returns its part.
	room := semaphore.NewWeighted(int64(r.InFlight) * int64(r.Concurrency))
	var readers, listening sync.WaitGroup
	listening.Add(r.Concurrency)
	for range r.Concurrency {
		readers.Go(func() {
			joined := sync.OnceFunc(listening.Done)
			defer joined()
			if err := r.follow(ctx, key, room, joined); err != nil {
				r.failUnlessInterrupted(err)
				cancel()
			}
		})
	}
	listening.Wait()
	err := r.publishOn(ctx, 0, func() *messagingv1.PublishRequest {
		// Without room ctx has ended: then nothing is sent.
		_ = room.Acquire(ctx, int64(r.Concurrency))
		return r.batch(r.Batch, key, r.stamp(time.Now()))
	})
	if err == nil {
		_, err = r.messages().Publish(ctx, r.batch(1, key, endMark))
	}
	if err != nil {
		r.failUnlessInterrupted(err)
		cancel()
	}
	readers.Wait()
}

// stamp returns a text that says when it was sent.
func (r *run) stamp(now time.Time) string {
	text := fmt.Sprintf("%0*x", MinSize, int64(now.Sub(r.begin)+stampBase))
	return text + strings.Repeat("x", r.Size-MinSize)
}

// follow reads until the end mark. joined is called once reading has begun.
func (r *run) follow(ctx context.Context, key string, room *semaphore.Weighted, joined func()) error {
	stream, err := r.messages().Subscribe(ctx, &messagingv1.SubscribeRequest{
		Topic: r.Topic, Start: &messagingv1.Start{Position: &messagingv1.Start_End{End: true}},
	})
	if err != nil {
		return err
	}
	defer stream.Close()
	for seen := 0; ; {
		res, err := stream.Receive()
		if err != nil {
			return err
		}
		joined()
		now := time.Now()
		for _, message := range res.GetMessages() {
			if message.GetKey() != key {
				continue
			}
			if message.GetText() == endMark {
				return nil
			}
			if err := r.arrived(now, message.GetText()); err != nil {
				return err
			}
			if seen++; seen%r.Batch == 0 {
				room.Release(1)
			}
		}
	}
}

// arrived counts a message with a stamp.
func (r *run) arrived(now time.Time, text string) error {
	since, err := strconv.ParseInt(text[:min(MinSize, len(text))], 16, 64)
	if err != nil || len(text) != r.Size {
		return fmt.Errorf("%w: %.100q", errAnswer, text)
	}
	r.took(now, now.Sub(r.begin)-time.Duration(since)+stampBase)
	r.answered(now, 1, r.Size)
	return nil
}

// replay has readers that read the whole topic over and over.
func (r *run) replay() {
	client := r.messages()
	r.callers(r.Concurrency, func() error {
		begin := time.Now()
		stream, err := client.Subscribe(r.ctx, &messagingv1.SubscribeRequest{Topic: r.Topic, StopAtHead: true})
		if err != nil {
			return err
		}
		defer stream.Close()
		return r.readAll(stream, begin)
	})
}

func (r *run) readAll(stream subscription, begin time.Time) error {
	waiting := true
	for !r.over() {
		res, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		now, size := time.Now(), 0
		for _, message := range res.GetMessages() {
			size += len(message.GetText())
		}
		if count := len(res.GetMessages()); count > 0 {
			if waiting {
				waiting = false
				r.took(now, now.Sub(begin))
			}
			r.answered(now, count, size)
		}
	}
	return nil
}

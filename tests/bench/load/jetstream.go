package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// sampleEvery is the share of asynchronous publishes whose latency is taken: a
// look at each acknowledgement would slow the client down.
const sampleEvery = 64

// onStream returns a load on a JetStream file stream of its own, of the same name
// as its subject, which is deleted afterwards. What the stream then holds is
// compared with what was acknowledged.
func onStream(inFlight int, run func(ctx context.Context, js jetstream.JetStream, stream string, duration time.Duration) (Result, error)) Load {
	return func(ctx context.Context, url string, duration time.Duration) (result Result, err error) {
		failed := new(atomic.Pointer[error])
		js, err := jetStream(url, jetstream.WithPublishAsyncMaxPending(inFlight),
			jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, _ *nats.Msg, err error) { failed.Store(&err) }))
		if err != nil {
			return result, err
		}
		defer js.Conn().Close()
		name := "bench-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		stream, err := createStream(ctx, js, name)
		if err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, js.DeleteStream(ctx, name)) }()
		if result, err = run(ctx, js, name, duration); err != nil {
			return result, err
		}
		if failed := failed.Load(); failed != nil {
			return result, fmt.Errorf("publish: %w", *failed)
		}
		info, err := stream.Info(ctx)
		if err == nil && info.State.Msgs != uint64(result.Operations) {
			err = fmt.Errorf("%w: %d of %d messages", errStored, info.State.Msgs, result.Operations)
		}
		return result, err
	}
}

func jetStream(url string, opts ...jetstream.JetStreamOpt) (jetstream.JetStream, error) {
	conn, err := nats.Connect(url)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", url, err)
	}
	js, err := jetstream.New(conn, opts...)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	return js, nil
}

func createStream(ctx context.Context, js jetstream.JetStream, name string) (jetstream.Stream, error) {
	stream, err := js.CreateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{name}, Storage: jetstream.FileStorage,
		AllowAtomicPublish: true, AllowBatchPublish: true,
	})
	if err != nil {
		return nil, fmt.Errorf("create a stream: %w", err)
	}
	return stream, nil
}

// JetStream returns a load of so many callers that publish one message at a time
// on one connection.
func JetStream(size, callers int) Load {
	data := NewPayload(size)
	return onStream(1, func(ctx context.Context, js jetstream.JetStream, stream string, duration time.Duration) (Result, error) {
		return Repeat(ctx, duration, callers, func(ctx context.Context) error {
			_, err := js.Publish(ctx, stream, data.Next())
			return err
		})
	})
}

// JetStreamAsync returns a load that publishes with so many messages ahead of
// their acknowledgements.
func JetStreamAsync(size, inFlight int) Load {
	data := NewPayload(size)
	return onStream(inFlight, func(ctx context.Context, js jetstream.JetStream, stream string, duration time.Duration) (Result, error) {
		var latencies []time.Duration
		type sample struct {
			sent time.Time
			ack  jetstream.PubAckFuture
		}
		samples, sampled := make(chan sample, inFlight/sampleEvery+1), make(chan struct{})
		go func() {
			defer close(sampled)
			for s := range samples {
				select {
				case <-s.ack.Ok():
					latencies = append(latencies, time.Since(s.sent))
				case <-s.ack.Err():
				}
			}
		}()
		start := time.Now()
		sent, err := 0, error(nil)
		for now := start; sent == 0 || now.Sub(start) < duration && sent*size < maxBytes; sent++ {
			if sent%sampleEvery == 0 {
				now = time.Now()
			}
			var ack jetstream.PubAckFuture
			if ack, err = js.PublishAsync(stream, data.Next(), jetstream.WithStallWait(10*time.Second)); err != nil {
				break
			}
			if sent%sampleEvery == 0 {
				samples <- sample{now, ack}
			}
		}
		select {
		case <-js.PublishAsyncComplete():
		case <-ctx.Done():
			err = ctx.Err()
		}
		result := Result{Operations: sent, Elapsed: time.Since(start)}
		close(samples)
		<-sampled
		result.latencies = sorted(latencies)
		return result, err
	})
}

// JetStreamFast returns a load that publishes by JetStream's fast batches, as
// Synadia's orbit has them: so many messages between acknowledgements, and two of
// those outstanding. Latency is not taken.
func JetStreamFast(size, every int) Load {
	data := NewPayload(size)
	return onStream(1, func(ctx context.Context, js jetstream.JetStream, stream string, duration time.Duration) (Result, error) {
		publisher, err := jetstreamext.NewFastPublisher(js, jetstreamext.FastPublishFlowControl{Flow: uint16(every)})
		if err != nil {
			return Result{}, err
		}
		start := time.Now()
		sent := 1
		for ; time.Since(start) < duration && sent*size < maxBytes; sent++ {
			if _, err := publisher.Add(stream, data.Next()); err != nil {
				return Result{}, err
			}
		}
		ack, err := publisher.Commit(ctx, stream, data.Next())
		if err != nil {
			return Result{}, err
		}
		if ack.Sequence != uint64(sent) {
			return Result{}, fmt.Errorf("%w: sequence %d, want %d", errAnswer, ack.Sequence, sent)
		}
		return Result{Operations: sent, Elapsed: time.Since(start)}, nil
	})
}

// JetStreamAtomic returns a load that publishes batches of which each is stored
// as a whole or not at all, one after the other. Latency is that of a batch.
func JetStreamAtomic(size, batch int) Load {
	data := NewPayload(size)
	return onStream(1, func(ctx context.Context, js jetstream.JetStream, stream string, duration time.Duration) (Result, error) {
		result, err := Repeat(ctx, duration, 1, func(ctx context.Context) error {
			messages := make([]*nats.Msg, batch)
			for i := range messages {
				messages[i] = &nats.Msg{Subject: stream, Data: data.Next(), Header: nats.Header{}}
			}
			_, err := jetstreamext.PublishMsgBatch(ctx, js, messages)
			return err
		})
		return result.of(batch), err
	})
}

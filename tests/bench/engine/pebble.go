package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/tests/bench/load"
)

// bare is the storage engine that Parley stores in, without Parley: what it
// does by itself is the limit. It works when it is asked to over HTTP, and what
// it does is no call for each message.
type bare struct {
	db   *pebble.DB
	next atomic.Uint64 // the last key
}

var errQuery = errors.New("wrong query")

// startPebble opens a database in the working directory with the sizes that
// Parley gives it.
func startPebble(ctx context.Context) (running, error) {
	cache := pebble.NewCache(16 << 20)
	defer cache.Unref()
	db, err := pebble.Open("pebble", &pebble.Options{
		FormatMajorVersion: pebble.FormatNewest, MemTableSize: 16 << 20, Cache: cache, Logger: quiet{pebble.DefaultLogger},
	})
	if err != nil {
		return running{}, fmt.Errorf("open the database: %w", err)
	}
	b := &bare{db: db}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /append", b.append)
	mux.HandleFunc("POST /scan", b.scan)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return listen(ctx, server.Serve, func() error { return errors.Join(server.Close(), db.Close()) })
}

// append commits batches with sync, each message under a key of its own: so many
// writers, messages in a batch and bytes in a message. They are removed after.
func (b *bare) append(w http.ResponseWriter, r *http.Request) {
	n, duration, err := query(r, "writers", "batch", "size")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	value := load.NewPayload(n[2])
	first := b.next.Load() + 1
	result, err := load.Repeat(r.Context(), duration, n[0], func(context.Context) error {
		return b.commit(n[1], value)
	})
	if err == nil {
		err = b.db.DeleteRange(key(first), key(b.next.Load()+1), pebble.NoSync)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = result.Encode(w, n[1]) // the client sees it
}

func (b *bare) commit(messages int, value *load.Payload) error {
	batch := b.db.NewBatch()
	defer batch.Close()
	last := b.next.Add(uint64(messages))
	for i := range uint64(messages) {
		if err := batch.Set(key(last-i), value.Next(), nil); err != nil {
			return err
		}
	}
	return batch.Commit(pebble.Sync)
}

// scan reads all of so many messages of so many bytes, so many under one key,
// again and again until the time is up. What is missing is written first.
func (b *bare) scan(w http.ResponseWriter, r *http.Request) {
	n, duration, err := query(r, "messages", "batch", "size")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	records := n[0] / n[1]
	at := func(i int) []byte { return fmt.Appendf(nil, "scan %d %020d", n[1], i) }
	if err := b.fill(at, records, load.NewPayload(n[1]*n[2])); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	start := time.Now()
	read := 0
	for read == 0 || time.Since(start) < duration {
		bytes, err := b.bytes(r.Context(), at(0), at(records))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		read += bytes / n[2]
	}
	_ = load.Result{Operations: read, Elapsed: time.Since(start)}.Encode(w, 1) // the client sees it
}

// fill writes records unless they are there.
func (b *bare) fill(at func(int) []byte, records int, value *load.Payload) error {
	_, closer, err := b.db.Get(at(records - 1))
	if err == nil {
		return closer.Close()
	}
	for i := range records {
		if err := b.db.Set(at(i), value.Next(), pebble.NoSync); err != nil {
			return err
		}
	}
	return b.db.Flush()
}

// bytes reads the values from a key to before another one.
func (b *bare) bytes(ctx context.Context, from, to []byte) (int, error) {
	iter, err := b.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return 0, err
	}
	read := 0
	for ok := iter.First(); ok; ok = iter.Next() {
		read += len(iter.Value())
	}
	return read, iter.Close()
}

// query reads a request's positive numbers of these names and its duration.
func query(r *http.Request, names ...string) ([]int, time.Duration, error) {
	values := make([]int, len(names))
	for i, name := range names {
		value, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil || value < 1 {
			return nil, 0, fmt.Errorf("%w: %s", errQuery, name)
		}
		values[i] = value
	}
	duration, err := time.ParseDuration(r.URL.Query().Get("duration"))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errQuery, err)
	}
	return values, duration, nil
}

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// quiet is a logger that says only what ends the process.
type quiet struct{ pebble.Logger }

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}

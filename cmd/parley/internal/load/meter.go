package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the longest latency that is told from longer ones.
const longest = 10 * time.Minute

// meter adds up what all callers of a workload see. It is safe for concurrent use.
type meter struct {
	workload Workload
	begin    time.Time // what is answered before does not count

	mu        sync.Mutex
	end       time.Time // of the last answer, or of the workload
	messages  int64
	bytes     int64
	errors    int64
	first     error
	latencies *hdrhistogram.Histogram // in microseconds
}

func newMeter(w Workload, begin time.Time) *meter {
	return &meter{
		workload: w, begin: begin, end: begin,
		latencies: hdrhistogram.New(1, longest.Microseconds(), 3),
	}
}

// answered counts messages, with so many bytes of text, that have come, or are
// confirmed, just now.
func (m *meter) answered(now time.Time, messages, bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Before(m.begin) {
		return
	}
	m.end = now
	m.messages += int64(messages)
	m.bytes += int64(bytes)
}

// took notes how long something took that was complete at a time.
func (m *meter) took(now time.Time, latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.begin) {
		_ = m.latencies.RecordValue(min(max(latency, time.Microsecond), longest).Microseconds()) // it is in range
	}
}

// close ends the time that counts: now, at the latest when sending was over, unless
// answers came later still.
func (m *meter) close(now, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until.Before(now) {
		now = until
	}
	if m.end.Before(now) {
		m.end = now
	}
}

// fail counts an error, also during the warm-up.
func (m *meter) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errors++
	if m.first == nil {
		m.first = err
	}
}

// Result is what a workload has measured. Times are in seconds.
type Result struct {
	Workload  string  `json:"workload"`
	Seconds   float64 `json:"seconds"`
	Messages  int64   `json:"messages"`
	Bytes     int64   `json:"bytes"`
	Errors    int64   `json:"errors"`
	LatencyOf string  `json:"latency_of"`
	Reading   bool    `json:"-"` // see Workload
	P50       float64 `json:"p50_seconds"`
	P99       float64 `json:"p99_seconds"`
	Max       float64 `json:"max_seconds"`
	// First is the first error; nil if there was none.
	First error `json:"-"`
}

// MessagesPerSecond is the throughput.
func (r Result) MessagesPerSecond() float64 { return perSecond(r.Messages, r.Seconds) }

// BytesPerSecond is the throughput in bytes of text.
func (r Result) BytesPerSecond() float64 { return perSecond(r.Bytes, r.Seconds) }

func perSecond(count int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(count) / seconds
}

func (m *meter) result() Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	seconds := func(microseconds int64) float64 { return float64(microseconds) / 1e6 }
	return Result{
		Workload: m.workload.Name, LatencyOf: m.workload.Latency, Reading: m.workload.Reading,
		Seconds: m.end.Sub(m.begin).Seconds(), Messages: m.messages, Bytes: m.bytes, Errors: m.errors, First: m.first,
		P50: seconds(m.latencies.ValueAtQuantile(50)), P99: seconds(m.latencies.ValueAtQuantile(99)), Max: seconds(m.latencies.Max()),
	}
}

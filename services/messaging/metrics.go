package messaging

import (
	"github.com/prometheus/client_golang/prometheus"

	messagingv1 "github.com/parleyhq/parley/gen/parley/messaging/v1"
	"github.com/parleyhq/parley/services/messaging/internal/delivery"
	"github.com/parleyhq/parley/services/messaging/internal/store"
	"github.com/parleyhq/parley/services/messaging/internal/tail"
)

// metrics implements delivery.Observer. Nothing is counted by topic: their
// number has no bound.
type metrics struct {
	published, publishedBytes, duplicates prometheus.Counter
	refused                               prometheus.Counter
	commits                               prometheus.Histogram
	delivered, deliveredBytes             prometheus.Counter
	following                             prometheus.Gauge
	fromTail, fromStore                   prometheus.Counter
	reads                                 *prometheus.CounterVec
	gaps                                  *prometheus.CounterVec
	tailBytes                             prometheus.GaugeFunc
}

var _ delivery.Observer = (*metrics)(nil)

func newMetrics(tails *tail.Tails) *metrics {
	m := &metrics{
		published:      counter("published_messages_total", "Messages stored."),
		publishedBytes: counter("published_bytes_total", "Bytes written to the log for them."),
		duplicates:     counter("duplicate_messages_total", "Messages not stored because the topic remembers their id."),
		refused:        counter("refused_batches_total", "Changes refused because the disk is short of space or cannot be written."),
		delivered:      counter("delivered_messages_total", "Messages sent to readers, counted for each reader."),
		deliveredBytes: counter("delivered_bytes_total", "Bytes of those messages."),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "commit_seconds",
			Help:    "Time of one durable write of the log, which many publishers share.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
		}),
		following: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "subscriptions", Help: "Subscriptions running.",
		}),
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "reads_total",
			Help: "Runs of messages read for readers, from the tail in memory or from the store.",
		}, []string{"source"}),
		gaps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "gaps_total", Help: "Gaps reported to readers, by reason.",
		}, []string{"reason"}),
		tailBytes: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "tail_bytes", Help: "Bytes of messages in memory for live readers.",
		}, func() float64 { return float64(tails.Bytes()) }),
	}
	m.fromTail, m.fromStore = m.reads.WithLabelValues("tail"), m.reads.WithLabelValues("store")
	return m
}

const (
	namespace = "parley"
	subsystem = "messaging"
)

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Subsystem: subsystem, Name: name, Help: help})
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		m.published, m.publishedBytes, m.duplicates, m.refused, m.commits,
		m.delivered, m.deliveredBytes, m.following, m.reads, m.gaps, m.tailBytes,
	}
}

// round implements store.Hooks.Round.
func (m *metrics) round(r store.Round) {
	m.published.Add(float64(r.Messages))
	m.publishedBytes.Add(float64(r.Bytes))
	m.duplicates.Add(float64(r.Duplicates))
	if r.Records > 0 {
		m.commits.Observe(r.Sync.Seconds())
	}
}

// Delivered implements delivery.Observer.
func (m *metrics) Delivered(p *delivery.Piece) {
	m.delivered.Add(float64(p.Messages))
	m.deliveredBytes.Add(float64(p.Bytes))
	if p.Gap != nil {
		m.gaps.WithLabelValues(reasonLabel(p.Gap.GetReason())).Inc()
	}
}

// Looked implements delivery.Observer.
func (m *metrics) Looked(inTail bool) {
	if inTail {
		m.fromTail.Inc()
	} else {
		m.fromStore.Inc()
	}
}

// Following implements delivery.Observer.
func (m *metrics) Following(change int) { m.following.Add(float64(change)) }

func reasonLabel(reason messagingv1.GapReason) string {
	switch reason {
	case messagingv1.GapReason_GAP_REASON_RETENTION:
		return "retention"
	case messagingv1.GapReason_GAP_REASON_TOPIC_RECREATED:
		return "topic_recreated"
	default:
		return "data_loss"
	}
}

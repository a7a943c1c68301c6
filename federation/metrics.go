package federation

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what an operator asks about federation; docs/metrics.md says which question each
// one answers. A nil *Metrics counts nothing. No label has values that a stranger can invent.
type Metrics struct {
	inbox     *prometheus.CounterVec
	applied   *prometheus.CounterVec
	delivered *prometheus.CounterVec
	latency   prometheus.Histogram
	fetched   *prometheus.CounterVec
	keys      *prometheus.CounterVec
}

// NewMetrics registers the metrics of one engine.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		inbox: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_inbox_requests_total",
			Help: "Requests to inboxes by the status they were answered with."}, []string{"status"}),
		applied: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_activities_total",
			Help: "Accepted activities by what became of them."}, []string{"result"}),
		delivered: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_deliveries_total",
			Help: "Delivery attempts by result."}, []string{"result"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tulou_delivery_seconds",
			Help:    "Time from the act of a person until a peer had it, for first attempts.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 60, 600}}),
		fetched: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_fetches_total",
			Help: "Documents fetched from other servers by result."}, []string{"result"}),
		keys: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_key_lookups_total",
			Help: "Look-ups of signing keys by where they were found."}, []string{"found"}),
	}
	r.MustRegister(m.inbox, m.applied, m.delivered, m.latency, m.fetched, m.keys)
	return m
}

// Inbox counts an answer to a request to an inbox.
func (m *Metrics) Inbox(status int) {
	if m != nil {
		m.inbox.WithLabelValues(strconv.Itoa(status)).Inc()
	}
}

// Applied counts an activity: applied, ignored (no handler), retried, dead.
func (m *Metrics) Applied(result string) {
	if m != nil {
		m.applied.WithLabelValues(result).Inc()
	}
}

// Delivered counts a delivery attempt: delivered, retried, dead, down (the host did not answer).
func (m *Metrics) Delivered(result string) {
	if m != nil {
		m.delivered.WithLabelValues(result).Inc()
	}
}

// DeliveryTook records how long a first attempt that worked took since the activity was made.
func (m *Metrics) DeliveryTook(d time.Duration) {
	if m != nil {
		m.latency.Observe(d.Seconds())
	}
}

// Fetched counts a fetch: ok, refused, gone, unavailable.
func (m *Metrics) Fetched(result string) {
	if m != nil {
		m.fetched.WithLabelValues(result).Inc()
	}
}

// KeyFound counts a key look-up: memory, database, fetched, none.
func (m *Metrics) KeyFound(where string) {
	if m != nil {
		m.keys.WithLabelValues(where).Inc()
	}
}

package streaming

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what an operator asks about streams; docs/metrics.md says which question each one
// answers.
type Metrics struct {
	open   *prometheus.GaugeVec
	events prometheus.Counter
	cuts   *prometheus.CounterVec
	panics prometheus.Counter
}

// NewMetrics registers the metrics of one hub.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tulou_streams_open",
			Help: "Streams that clients have open, by transport."}, []string{"transport"}),
		events: prometheus.NewCounter(prometheus.CounterOpts{Name: "tulou_stream_events_total",
			Help: "Events that were written to streams."}),
		cuts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_streams_cut_total",
			Help: "Streams that this node closed, by reason."}, []string{"reason"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "tulou_stream_panics_total",
			Help: "Mistakes in the program that cost somebody a stream; the log has them."}),
	}
	r.MustRegister(m.open, m.events, m.cuts, m.panics)
	return m
}

func (m *Metrics) opened(socket bool, by float64) {
	transport := "events"
	if socket {
		transport = "websocket"
	}
	m.open.WithLabelValues(transport).Add(by)
}

func (m *Metrics) sent(events int) { m.events.Add(float64(events)) }

func (m *Metrics) cut(why ending) { m.cuts.WithLabelValues(why.label).Inc() }

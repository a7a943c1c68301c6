package node

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tulou/storage"
)

// metrics counts what an operator asks about the node itself; docs/metrics.md says which question
// each one answers. Federation has its own in the same registry. No label has values that a
// stranger can invent.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	limited  *prometheus.CounterVec
	jobs     *prometheus.CounterVec
	jobTook  *prometheus.HistogramVec
}

func newMetrics(store *storage.Store, log *slog.Logger) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tulou_http_request_seconds",
			Help:    "Time to answer requests, by method, route and class of status.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10}}, []string{"method", "route", "status"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_rate_limited_total",
			Help: "Requests that were refused because there were too many, by limiter."}, []string{"limiter"}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tulou_jobs_total",
			Help: "Background jobs by kind and by what became of them."}, []string{"kind", "result"}),
		jobTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tulou_job_seconds",
			Help:    "Time that background jobs took, by kind.",
			Buckets: []float64{.001, .01, .1, 1, 10, 60, 600}}, []string{"kind"}),
	}
	m.registry.MustRegister(m.requests, m.limited, m.jobs, m.jobTook, newQueues(store, log),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// request records an answer. The method comes from strangers, so only common ones are told apart.
func (m *metrics) request(method, route string, status int, dur time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status/100)+"xx").Observe(dur.Seconds())
}

// job records an attempt at a job: done, retried or dead.
func (m *metrics) job(kind, result string, dur time.Duration) {
	m.jobs.WithLabelValues(kind, result).Inc()
	m.jobTook.WithLabelValues(kind).Observe(dur.Seconds())
}

// queues asks the database how much waits, whenever somebody reads the metrics.
type queues struct {
	store         *storage.Store
	log           *slog.Logger
	depth, oldest *prometheus.Desc
	unread        *prometheus.Desc
}

// scrapeTimeout bounds the question to the database.
const scrapeTimeout = 5 * time.Second

func newQueues(store *storage.Store, log *slog.Logger) *queues {
	return &queues{store: store, log: log,
		depth: prometheus.NewDesc("tulou_queue_jobs", "Jobs and deliveries that wait, by queue.", []string{"queue"}, nil),
		oldest: prometheus.NewDesc("tulou_queue_oldest_seconds",
			"How long the oldest job of a queue has been due, 0 if it is not due yet.", []string{"queue"}, nil),
		unread: prometheus.NewDesc("tulou_search_unread_posts",
			"Posts that are not found by searching yet, up to 100,000.", nil, nil),
	}
}

// Describe is prometheus.Collector.
func (q *queues) Describe(to chan<- *prometheus.Desc) {
	to <- q.depth
	to <- q.oldest
	to <- q.unread
}

// Collect is prometheus.Collector.
func (q *queues) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	depths, err := q.store.QueueDepths(ctx)
	if err != nil {
		q.log.Warn("read the depth of queues", "err", err)
		return
	}
	for _, d := range depths {
		to <- prometheus.MustNewConstMetric(q.depth, prometheus.GaugeValue, float64(d.Jobs), d.Queue)
		to <- prometheus.MustNewConstMetric(q.oldest, prometheus.GaugeValue, lag(d).Seconds(), d.Queue)
	}
	unread, err := q.store.PostsUnread(ctx)
	if err != nil {
		q.log.Warn("count the posts that nobody read for searching", "err", err)
		return
	}
	to <- prometheus.MustNewConstMetric(q.unread, prometheus.GaugeValue, float64(unread))
}

// lag is how long the oldest job of a queue has been due.
func lag(d storage.QueueDepth) time.Duration {
	if d.Oldest == 0 {
		return 0
	}
	return max(0, time.Since(d.Oldest.Time()))
}

// AdminHandler serves metrics, health and profiles. It belongs on a listener that strangers cannot
// reach: the public one answers 404 for metrics and profiles.
func (n *Node) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(n.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", n.livez)
	mux.HandleFunc("GET /readyz", n.readyz)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

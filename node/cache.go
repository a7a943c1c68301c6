package node

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"tulou/storage"
)

// cache asks the database what files of other servers take, whenever somebody reads the metrics.
type cache struct {
	store        *storage.Store
	log          *slog.Logger
	bytes, files *prometheus.Desc
}

func newCache(store *storage.Store, log *slog.Logger) *cache {
	return &cache{store: store, log: log,
		bytes: prometheus.NewDesc("tulou_media_cache_bytes", "What media of other servers take here.", nil, nil),
		files: prometheus.NewDesc("tulou_media_cache_files", "Media of other servers that are here.", nil, nil),
	}
}

// Describe is prometheus.Collector.
func (c *cache) Describe(to chan<- *prometheus.Desc) {
	to <- c.bytes
	to <- c.files
}

// Collect is prometheus.Collector.
func (c *cache) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	size, err := c.store.RemoteMediaSize(ctx)
	if err != nil {
		c.log.Warn("read what media of other servers take", "err", err)
		return
	}
	to <- prometheus.MustNewConstMetric(c.bytes, prometheus.GaugeValue, float64(size.Bytes))
	to <- prometheus.MustNewConstMetric(c.files, prometheus.GaugeValue, float64(size.Files))
}

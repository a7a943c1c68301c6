package social

import (
	"context"
	"sync"
	"time"

	"tulou/storage"
)

const (
	// tagHistoryFresh is how long the counts of a hashtag are shown again: they are read with every
	// hashtag of a list or of a search, and cost as much as the week's posts with it.
	tagHistoryFresh = time.Minute
	// tagHistoriesMax bounds how many are remembered; beyond it all are counted anew.
	tagHistoriesMax = 4096
)

// tagHistories remembers how often hashtags were used. It is safe for concurrent use.
type tagHistories struct {
	mu sync.Mutex
	of map[string]tagHistory
}

type tagHistory struct {
	days  []storage.TagDay
	until time.Time
}

// tagHistory is storage's TagHistory, as it was within tagHistoryFresh.
func (s *Service) tagHistory(ctx context.Context, tags []string) (map[string][]storage.TagDay, error) {
	known, missing := s.histories.get(tags, time.Now())
	if len(missing) == 0 {
		return known, nil
	}
	counted, err := s.Store.TagHistory(ctx, missing)
	if err != nil {
		return nil, err
	}
	s.histories.put(counted, time.Now())
	for tag, days := range counted {
		known[tag] = days
	}
	return known, nil
}

func (h *tagHistories) get(tags []string, now time.Time) (known map[string][]storage.TagDay, missing []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known = make(map[string][]storage.TagDay, len(tags))
	for _, tag := range tags {
		if found := h.of[tag]; now.Before(found.until) {
			known[tag] = found.days
		} else {
			missing = append(missing, tag)
		}
	}
	return known, missing
}

func (h *tagHistories) put(counted map[string][]storage.TagDay, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil || len(h.of)+len(counted) > tagHistoriesMax {
		h.of = make(map[string]tagHistory, len(counted))
	}
	for tag, days := range counted {
		h.of[tag] = tagHistory{days, now.Add(tagHistoryFresh)}
	}
}

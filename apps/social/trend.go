package social

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"tulou/storage"
)

// TrendsEvery is how often what is going around is counted anew: on a node of some hundred people
// little changes sooner.
const TrendsEvery = time.Hour

// trendHalfLife is after how long the same number of people count half: something is going around,
// or was.
const trendHalfLife = 12 * time.Hour

// Recount counts what is going around: hashtags, posts and links. It may run again at any time. It
// is a job of its own, which the node repeats.
func (s *Service) Recount(ctx context.Context, _ storage.Job) error {
	now := time.Now()
	for _, kind := range []struct {
		name  string
		count func(context.Context, time.Time) ([]storage.Popular, error)
	}{
		{storage.TrendTag, s.Store.PopularTags}, {storage.TrendStatus, s.Store.PopularStatuses}, {storage.TrendLink, s.Store.PopularLinks},
	} {
		found, err := kind.count(ctx, now)
		if err != nil {
			return err
		}
		weigh(found, now)
		if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutTrends(ctx, kind.name, found) }); err != nil {
			return err
		}
	}
	return nil
}

// weigh puts first what most people did lately.
func weigh(found []storage.Popular, now time.Time) {
	weight := func(p storage.Popular) float64 {
		age := now.Sub(p.At.Time())
		return float64(p.People) * math.Exp2(-age.Hours()/trendHalfLife.Hours())
	}
	slices.SortStableFunc(found, func(a, b storage.Popular) int { return cmp.Compare(weight(b), weight(a)) })
}

package social

import (
	"context"
	"slices"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Timelines are read from storage directly: there is nothing to decide about them here.

// Status returns a post or boost if viewer may see it; 0 is a stranger. It is NotFound otherwise,
// whether or not it exists.
func (s *Service) Status(ctx context.Context, viewer, id int64) (storage.Status, error) {
	found, err := s.Store.VisibleStatus(ctx, viewer, id)
	if fault.Is(err, fault.NotFound) {
		return found, fault.New(fault.NotFound, "Record not found")
	}
	return found, err
}

// Thread is what is around a post: what it answers, from the first on, and the answers to it, each
// followed by its own.
type Thread struct {
	Ancestors   []storage.Status
	Descendants []storage.Status
}

// Context returns what is around a post as far as viewer may see it. It is NotFound if viewer may
// not see the post itself.
func (s *Service) Context(ctx context.Context, viewer, id int64) (t Thread, err error) {
	middle, err := s.Status(ctx, viewer, id)
	if err != nil || middle.BoostOfID != 0 {
		return t, err
	}
	above, below, err := s.Store.Context(ctx, viewer, middle)
	if err != nil {
		return t, err
	}
	byID, err := s.Store.StatusesByIDs(ctx, append(append([]int64{}, above...), below...))
	if err != nil {
		return t, err
	}
	t = Thread{inOrder(byID, above), inOrder(byID, below)}
	if viewer == 0 {
		return t, nil
	}
	return t, s.refreshQuotes(ctx, slices.Concat(t.Ancestors, []storage.Status{middle}, t.Descendants))
}

func inOrder(byID map[int64]storage.Status, order []int64) []storage.Status {
	found := make([]storage.Status, 0, len(order))
	for _, id := range order {
		if one, ok := byID[id]; ok {
			found = append(found, one)
		}
	}
	return found
}

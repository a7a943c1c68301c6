package guard

import (
	"context"
	"slices"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/storage"
)

// Handlers returns what gives effect to activities of other servers, by what each is for.
func (s *Service) Handlers() map[federation.Key]federation.Handler {
	return map[federation.Key]federation.Handler{{Activity: "Flag", Object: "Object"}: flagged{s}}
}

// flagged handles Flag: another server complains about somebody of this node.
type flagged struct{ *Service }

// Need names nothing: only what is here can be complained about here.
func (flagged) Need(federation.In) []federation.Ref { return nil }

// Apply files the report. What is named and is not here, or of other people, is left out; what the
// other server says is text for moderators and nothing else.
func (h flagged) Apply(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	if in.Again {
		return nil
	}
	target, statuses, err := h.named(ctx, tx, in.Activity.ObjectIDs)
	if err != nil || target.ID == 0 {
		return err
	}
	count, err := tx.CountReportsFrom(ctx, in.Actor.Host, since())
	if err != nil {
		return err
	}
	if count >= ReportsPerDayMax {
		h.Log.DebugContext(ctx, "too many reports", "host", in.Actor.Host)
		return nil
	}
	comment := []rune(cleanComment(in.Activity.Content))
	_, err = h.file(ctx, tx, storage.Report{
		AccountID: in.Actor.ID, TargetID: target.ID, URI: in.Activity.ID, Category: CategoryOther,
		Comment: string(comment[:min(len(comment), CommentMax)]), StatusIDs: statuses,
	})
	return err
}

// named returns who of this node is meant, and which of their posts: the person who is named first,
// or the author of the first post.
func (h flagged) named(ctx context.Context, tx *storage.Tx, objects []string) (target storage.Account, posts storage.Numbers, err error) {
	var ours []string
	for _, iri := range objects {
		if h.Paths.Local(iri) && !slices.Contains(ours, iri) && len(ours) <= ReportedStatusesMax {
			ours = append(ours, iri)
		}
	}
	people, err := tx.AccountsByURIs(ctx, ours)
	if err != nil {
		return target, nil, err
	}
	var statuses []storage.Status
	for _, iri := range ours {
		if person, ok := people[iri]; ok {
			if target.ID == 0 && person.Local() && !person.Hidden {
				target = person
			}
			continue
		}
		status, err := tx.StatusByURI(ctx, iri)
		if err == nil {
			statuses = append(statuses, status)
		} else if !fault.Is(err, fault.NotFound) {
			return target, nil, err
		}
	}
	if target.ID == 0 && len(statuses) > 0 {
		if target, err = tx.AccountByID(ctx, statuses[0].AccountID); err != nil || !target.Local() || target.Hidden {
			return storage.Account{}, nil, err
		}
	}
	for _, status := range statuses {
		if status.AccountID == target.ID {
			posts = append(posts, status.ID)
		}
	}
	return target, posts, nil
}

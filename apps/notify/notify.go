// Package notify tells people of this node what concerns them, and keeps how far they have read.
//
// Other apps call Notify inside their transaction, through an interface of their own; the edges
// call the rest. Who is told nothing (people of other servers, oneself, those who block or mute) is
// decided by the row that is not written, in storage.
//
// The invariant to remember: the same thing is told once, however often it arrives.
package notify

import (
	"context"
	"slices"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Service keeps notifications and markers. It is safe for concurrent use.
type Service struct{ store *storage.Store }

// New makes a Service.
func New(store *storage.Store) *Service { return &Service{store} }

// Notify tells n.AccountID what n.FromID did, once, as a part of the transaction that did it, and
// their programs. It does nothing for whom it does not concern.
func (s *Service) Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	n, created, err := tx.CreateNotification(ctx, n)
	if err != nil || !created {
		return err
	}
	return push(ctx, tx, n)
}

// NotifyMoment tells account of a like or comment on a Moment, once, as a part of the transaction
// that keeps it, and their programs. It does nothing for people of other servers.
func (s *Service) NotifyMoment(ctx context.Context, tx *storage.Tx, account int64, c storage.MomentComment) error {
	id, fresh, err := tx.PutMomentNotice(ctx, account, c.ID)
	if err != nil || !fresh {
		return err
	}
	return push(ctx, tx, ofMoment(account, storage.MomentNotice{NoticeID: id, MomentComment: c}))
}

// ofMoment is a notice of a Moment as programs are told of it.
func ofMoment(account int64, o storage.MomentNotice) storage.Notification {
	kind := storage.NotifyMomentComment
	if o.Kind == storage.MomentLiked {
		kind = storage.NotifyMomentLike
	}
	return storage.Notification{ID: o.NoticeID, AccountID: account, Type: kind, FromID: o.AccountID, CreatedAt: o.CreatedAt}
}

// NotifyModerators tells everybody who moderates this node something that n.FromID did.
func (s *Service) NotifyModerators(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	moderators, err := tx.Moderators(ctx)
	if err != nil {
		return err
	}
	for _, n.AccountID = range moderators {
		if err := s.Notify(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// List returns a page of what viewer was told, newest first. Types that nobody knows are ignored,
// so that newer clients get what there is.
func (s *Service) List(ctx context.Context, viewer storage.Account, f storage.NotificationFilter, p storage.Page) ([]storage.Notification, error) {
	f, any := known(f)
	if !any {
		return nil, nil
	}
	return s.store.Notifications(ctx, viewer.ID, f, p)
}

// known leaves types that this node knows in a filter. any is false if only others were asked for.
func known(f storage.NotificationFilter) (_ storage.NotificationFilter, any bool) {
	here := func(types []string) []string {
		return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return !slices.Contains(storage.NotificationTypes(), t) })
	}
	asked := len(f.Types) > 0
	f.Types, f.ExcludeTypes = here(f.Types), here(f.ExcludeTypes)
	return f, !asked || len(f.Types) > 0
}

// Get returns one notification of viewer's; fault.NotFound for those of others, and for those that
// Mastodon's programs do not know.
func (s *Service) Get(ctx context.Context, viewer storage.Account, id int64) (storage.Notification, error) {
	n, err := s.store.NotificationByID(ctx, viewer.ID, id)
	if err == nil && !slices.Contains(storage.NotificationTypes(), n.Type) {
		return storage.Notification{}, fault.New(fault.NotFound, "not found")
	}
	return n, err
}

// Clear removes all notifications of viewer's.
func (s *Service) Clear(ctx context.Context, viewer storage.Account) error {
	return s.store.Tx(ctx, func(tx *storage.Tx) error { return tx.ClearNotifications(ctx, viewer.ID) })
}

// Dismiss removes one notification of viewer's; fault.NotFound for those of others.
func (s *Service) Dismiss(ctx context.Context, viewer storage.Account, id int64) error {
	return s.store.Tx(ctx, func(tx *storage.Tx) error { return tx.DismissNotification(ctx, viewer.ID, id) })
}

// The timelines that markers are kept for.
const (
	TimelineHome          = "home"
	TimelineNotifications = "notifications"
)

// lastReadBytesMax bounds what a client may keep in a marker: an id has at most 19 digits.
const lastReadBytesMax = 32

// Markers returns how far viewer has read the timelines that are asked for.
func (s *Service) Markers(ctx context.Context, viewer storage.Account, timelines []string) ([]storage.Marker, error) {
	all, err := s.store.Markers(ctx, viewer.ID)
	return slices.DeleteFunc(all, func(m storage.Marker) bool { return !slices.Contains(timelines, m.Timeline) }), err
}

// PutMarkers says how far viewer has read, by timeline, and returns the markers. Faults:
// Unprocessable for a timeline that has none, or an id that is none.
func (s *Service) PutMarkers(ctx context.Context, viewer storage.Account, lastRead map[string]string) (markers []storage.Marker, err error) {
	for timeline, id := range lastRead {
		if timeline != TimelineHome && timeline != TimelineNotifications {
			return nil, fault.New(fault.Unprocessable, "Validation failed: there are markers for home and notifications")
		}
		if id == "" || len(id) > lastReadBytesMax {
			return nil, fault.New(fault.Unprocessable, "Validation failed: Last read id is not an id")
		}
	}
	err = s.store.Tx(ctx, func(tx *storage.Tx) error {
		markers = nil
		for _, timeline := range []string{TimelineHome, TimelineNotifications} {
			id, given := lastRead[timeline]
			if !given {
				continue
			}
			m, err := tx.PutMarker(ctx, viewer.ID, timeline, id)
			if err != nil {
				return err
			}
			markers = append(markers, m)
		}
		return nil
	})
	return markers, err
}

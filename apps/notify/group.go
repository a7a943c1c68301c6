package notify

import (
	"context"
	"slices"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// alone begins the key of what belongs to no group; the rest is the id.
const alone = "ungrouped-"

// Key is the name of a group by which clients ask for it.
func Key(n storage.Notification) string {
	if n.GroupKey == "" {
		return aloneKey(n.ID)
	}
	return n.GroupKey
}

// GroupKey is Key, for a group in a list of groups.
func GroupKey(g storage.NotificationGroup) string {
	if g.Alone {
		return aloneKey(g.ID)
	}
	return g.GroupKey
}

func aloneKey(id int64) string { return alone + ids.Format(id) }

// Groups returns a page of what viewer was told, the newest of each group first. grouped are the
// types that may be in groups, nil for all that can be.
func (s *Service) Groups(ctx context.Context, viewer storage.Account, f storage.NotificationFilter, grouped []string, p storage.Page) ([]storage.NotificationGroup, error) {
	f, any := known(f)
	if !any {
		return nil, nil
	}
	return s.store.NotificationGroups(ctx, viewer.ID, f, groupable(grouped), p)
}

// groupable leaves those types that can be in groups.
func groupable(types []string) []string {
	if types == nil {
		return storage.GroupedTypes()
	}
	return slices.DeleteFunc(storage.GroupedTypes(), func(t string) bool { return !slices.Contains(types, t) })
}

// The figures that clients are told of what is unread are at most these, as in Mastodon.
const (
	UnreadDefault = 100
	UnreadMax     = 1000
)

// Unread counts what viewer has not read, to at most limit.
func (s *Service) Unread(ctx context.Context, viewer storage.Account, f storage.NotificationFilter, limit int) (int, error) {
	f, any := known(f)
	if !any {
		return 0, nil
	}
	return s.store.CountNotifications(ctx, viewer.ID, f, min(limit, UnreadMax))
}

// UnreadGroups is Unread for groups.
func (s *Service) UnreadGroups(ctx context.Context, viewer storage.Account, f storage.NotificationFilter, grouped []string, limit int) (int, error) {
	f, any := known(f)
	if !any {
		return 0, nil
	}
	return s.store.CountNotificationGroups(ctx, viewer.ID, f, groupable(grouped), min(limit, UnreadMax))
}

// Group returns one group of viewer's; fault.NotFound if there is none of this key.
func (s *Service) Group(ctx context.Context, viewer storage.Account, key string) (storage.NotificationGroup, error) {
	id, single := single(key)
	if !single {
		return s.store.NotificationGroup(ctx, viewer.ID, key)
	}
	n, err := s.Get(ctx, viewer, id)
	return storage.NotificationGroup{Notification: n, Alone: true, Members: 1, FirstID: id, Latest: storage.Numbers{n.FromID}}, err
}

// GroupAccounts returns a page of who is in a group of viewer's.
func (s *Service) GroupAccounts(ctx context.Context, viewer storage.Account, key string, p storage.Page) ([]storage.Entry, error) {
	id, single := single(key)
	if !single {
		return s.store.NotificationGroupAccounts(ctx, viewer.ID, key, p)
	}
	n, err := s.Get(ctx, viewer, id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return []storage.Entry{{Key: n.ID, ID: n.FromID}}, err
}

// DismissGroup removes a group of viewer's; none is no error, since another device may have been
// faster.
func (s *Service) DismissGroup(ctx context.Context, viewer storage.Account, key string) error {
	id, single := single(key)
	err := s.store.Tx(ctx, func(tx *storage.Tx) error {
		if single {
			return tx.DismissNotification(ctx, viewer.ID, id)
		}
		return tx.DismissNotificationGroup(ctx, viewer.ID, key)
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// single returns the notification that stands alone under a key.
func single(key string) (id int64, ok bool) {
	text, ok := strings.CutPrefix(key, alone)
	if !ok {
		return 0, false
	}
	id, ok = ids.Parse(text)
	return id, ok
}

package mastodon

import (
	"context"
	"encoding/json"
	"time"

	"tulou/apps/notify"
	"tulou/protocol/ids"
	"tulou/storage"
)

// notifications lists what the viewer was told.
func (a *API) notifications(q *query) (any, error) {
	page := q.page(notificationsDefault, storage.NotificationPageMax)
	filter, ok := q.notificationFilter()
	if !ok {
		return []notification{}, nil
	}
	told, err := a.Notify.List(q.Context(), q.who.Account, filter, page)
	if err != nil {
		return nil, err
	}
	if len(told) > 0 {
		a.link(q, len(told) >= page.Limit, told[0].ID, told[len(told)-1].ID)
	}
	list, err := a.notificationList(q.Context(), q.viewer(), told)
	if err != nil {
		return nil, err
	}
	return a.notificationSheet(list), nil
}

// notificationList renders what viewer was told. What is about something that is gone is left out.
func (a *API) notificationList(ctx context.Context, viewer int64, told []storage.Notification) ([]notification, error) {
	var people, about []int64
	for _, n := range told {
		people = append(people, n.FromID)
		if n.StatusID != 0 {
			about = append(about, n.StatusID)
		}
	}
	accounts, err := a.accountsByID(ctx, distinct(people))
	if err != nil {
		return nil, err
	}
	statuses, err := a.statusesByID(ctx, viewer, distinct(about))
	if err != nil {
		return nil, err
	}
	subjects, err := a.subjects(ctx, told)
	if err != nil {
		return nil, err
	}
	list := make([]notification, 0, len(told))
	for _, n := range told {
		from := accounts[n.FromID]
		if from == nil || n.StatusID != 0 && statuses[n.StatusID] == nil {
			continue // it was deleted meanwhile
		}
		list = append(list, notification{
			ID: ids.Format(n.ID), Type: n.Type, GroupKey: notify.Key(n), CreatedAt: instant(n.CreatedAt),
			Account: from, Status: statuses[n.StatusID], Report: subjects[n.ID].report, Event: subjects[n.ID].event, Warning: subjects[n.ID].warning,
		})
	}
	return list, nil
}

// notificationSheet puts a list together without reading what is finished JSON again, which is
// nearly all of it.
func (a *API) notificationSheet(list []notification) *sheet {
	to := a.sheets.Get().(*sheet)
	to.json = append(to.json[:0], '[')
	for i, n := range list {
		if i > 0 {
			to.json = append(to.json, ',')
		}
		to.json = append(to.json, `{"id":"`+n.ID+`","type":"`+n.Type+`","group_key":"`+n.GroupKey+`","created_at":"`+n.CreatedAt+`","account":`...)
		to.json = append(to.json, n.Account...)
		for _, more := range []struct {
			name string
			json json.RawMessage
		}{{"status", n.Status}, {"report", n.Report}, {"event", n.Event}, {"moderation_warning", n.Warning}} {
			if len(more.json) > 0 {
				to.json = append(append(to.json, `,"`+more.name+`":`...), more.json...)
			}
		}
		to.json = append(to.json, '}')
	}
	to.json = append(to.json, ']')
	return to
}

// accountsByID renders accounts. Of those that were rendered before only the version is read.
func (a *API) accountsByID(ctx context.Context, wanted []int64) (map[int64]json.RawMessage, error) {
	versions, err := a.Store.AccountVersions(ctx, wanted)
	if err != nil {
		return nil, err
	}
	now, found := time.Now(), make(map[int64]json.RawMessage, len(wanted))
	var missing []int64
	for id, version := range versions {
		if piece, ok := a.accounts.get(id, version, now); ok {
			found[id] = piece.json
		} else {
			missing = append(missing, id)
		}
	}
	return found, a.renderAuthors(ctx, found, missing, nil)
}

// statusesByID renders statuses that the viewer may see.
func (a *API) statusesByID(ctx context.Context, viewer int64, wanted []int64) (map[int64]json.RawMessage, error) {
	stamps, err := a.Store.Stamps(ctx, wanted)
	if err != nil {
		return nil, err
	}
	return a.stampedByID(ctx, viewer, stamps)
}

// stampedByID renders statuses by id. What cannot be put together, any more, is left out.
func (a *API) stampedByID(ctx context.Context, viewer int64, stamps []storage.Stamp) (map[int64]json.RawMessage, error) {
	p, err := a.gather(ctx, viewer, stamps, material{})
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]json.RawMessage, len(stamps))
	for _, s := range stamps {
		if p.complete(s) {
			byID[s.ID] = p.append(nil, s, "")
		}
	}
	return byID, nil
}

func (a *API) getNotification(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	told, err := a.Notify.Get(q.Context(), q.who.Account, id)
	if err != nil {
		return nil, err
	}
	list, err := a.notificationList(q.Context(), q.viewer(), []storage.Notification{told})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNotFound
	}
	return list[0], nil
}

func (a *API) clearNotifications(q *query) (any, error) {
	return empty{}, a.Notify.Clear(q.Context(), q.who.Account)
}

func (a *API) dismissNotification(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Notify.Dismiss(q.Context(), q.who.Account, id)
}

// markers tells how far the viewer has read the timelines that are asked for.
func (a *API) markers(q *query) (any, error) {
	kept, err := a.Notify.Markers(q.Context(), q.who.Account, q.list("timeline"))
	return markersOf(kept), err
}

func (a *API) putMarkers(q *query) (any, error) {
	lastRead := map[string]string{}
	for _, timeline := range []string{notify.TimelineHome, notify.TimelineNotifications} {
		if key := timeline + "[last_read_id]"; q.has(key) {
			lastRead[timeline] = q.text(key)
		}
	}
	kept, err := a.Notify.PutMarkers(q.Context(), q.who.Account, lastRead)
	return markersOf(kept), err
}

func markersOf(kept []storage.Marker) map[string]marker {
	markers := make(map[string]marker, len(kept))
	for _, m := range kept {
		markers[m.Timeline] = marker{LastReadID: m.LastReadID, Version: m.Version, UpdatedAt: instant(m.UpdatedAt)}
	}
	return markers
}

package streaming

import (
	"context"
	"slices"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// The events, by the names that clients know.
const (
	eventUpdate       = "update"
	eventEdit         = "status.update"
	eventDelete       = "delete"
	eventNotification = "notification"
	eventConversation = "conversation"
	eventFilters      = "filters_changed"
	eventMerge        = "notifications_merged"
)

// notices are the channels with somebody's notifications.
var notices = []channel{{name: "user", told: true}, {name: "user:notification", told: true}}

// merged is what is said of merged notifications: nothing that counts.
func merged(context.Context, int64, int64) ([]byte, error) { return []byte("1"), nil }

// show brings a happening to those who look and may see it. What is gone by now is not shown.
func (h *Hub) show(ctx context.Context, x storage.Happening) error {
	var err error
	switch x.Kind {
	case storage.HappenedPost:
		err = h.showPublic(ctx, x.ID, eventUpdate)
	case storage.HappenedHome:
		err = h.showAtHome(ctx, x.ID, eventUpdate, h.personalOf("user", notNil(x.Accounts)), h.personalOf("list", notNil(x.Lists)))
	case storage.HappenedEdit:
		if err = h.showPublic(ctx, x.ID, eventEdit); err == nil {
			err = h.showAtHome(ctx, x.ID, eventEdit, h.personalOf("user", nil), h.personalOf("list", nil))
		}
	case storage.HappenedDelete:
		err = h.showDeletion(ctx, x)
	case storage.HappenedNotification:
		err = h.showTo(ctx, x, eventNotification, h.Renderer.RenderNotification, notices...)
	case storage.HappenedMerge:
		err = h.showTo(ctx, x, eventMerge, merged, notices...)
	case storage.HappenedConversation:
		err = h.showTo(ctx, x, eventConversation, h.Renderer.RenderConversation, channel{name: "direct"})
	case storage.HappenedAnnouncement, storage.HappenedReaction, storage.HappenedUnannounced:
		err = h.showAnnouncement(ctx, x)
	case storage.HappenedMoment, storage.HappenedMomentDelete, storage.HappenedMomentComment, storage.HappenedMomentUncomment,
		storage.HappenedMomentNotice, storage.HappenedFriend:
		err = h.showMoment(ctx, x)
	case storage.EventFiltersChanged:
		h.send(h.lookers([]channel{{name: "user", of: x.ID}}), eventFilters, map[int64][]byte{x.ID: nil})
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// stale tells whether a status was published too long ago to be shown as new.
func stale(id int64, event string) bool {
	return event == eventUpdate && id < ids.FloorAt(time.Now().Add(-freshFor))
}

// showPublic shows a status on the streams of everybody's posts and of its tags.
func (h *Hub) showPublic(ctx context.Context, id int64, event string) error {
	h.mu.Lock()
	nobody := h.public == 0
	h.mu.Unlock()
	if nobody || stale(id, event) {
		return nil
	}
	s, err := h.Store.StatusByID(ctx, id)
	if err != nil || s.Visibility != storage.VisibilityPublic || s.BoostOfID != 0 {
		return err
	}
	if author, err := h.Store.AccountByID(ctx, s.AccountID); err != nil || author.Limited {
		return err // public timelines do not show it, either
	}
	place := storage.Gone{AccountID: s.AccountID, Local: s.Local, Public: true, InPublic: s.InPublic()}
	tags, err := h.Store.Tags(ctx, []int64{id})
	if err != nil {
		return err
	}
	for _, t := range tags[id] {
		place.Tags = append(place.Tags, t.Tag)
	}
	attachments, err := h.Store.Attachments(ctx, []int64{id})
	if err != nil {
		return err
	}
	place.Media = len(attachments[id]) > 0
	to := h.lookers(publicChannels(place))
	return h.showStatus(ctx, id, event, to, h.Store.ShownTo)
}

// showAtHome shows a status on home timelines and lists.
func (h *Hub) showAtHome(ctx context.Context, id int64, event string, homes, lists []channel) error {
	if stale(id, event) {
		return nil
	}
	if err := h.showStatus(ctx, id, event, h.lookers(homes), h.Store.HomesShowing); err != nil || len(lists) == 0 {
		return err
	}
	asked := make([]int64, len(lists))
	for i, c := range lists {
		asked[i] = c.of
	}
	showing, err := h.Store.ListsShown(ctx, id, asked)
	if err != nil {
		return err
	}
	lists = lists[:0]
	for _, place := range showing {
		lists = append(lists, channel{name: "list", of: place.ListID})
	}
	return h.showStatus(ctx, id, event, h.lookers(lists), everybody)
}

// everybody is for streams whose viewers were asked about already.
func everybody(_ context.Context, _ int64, viewers []int64) (map[int64]bool, error) {
	all := make(map[int64]bool, len(viewers))
	for _, viewer := range viewers {
		all[viewer] = true
	}
	return all, nil
}

// showStatus shows a status to those of the streams whose viewers may see it.
func (h *Hub) showStatus(ctx context.Context, id int64, event string, to map[channel][]*stream,
	seen func(ctx context.Context, status int64, viewers []int64) (map[int64]bool, error),
) error {
	shown, err := seen(ctx, id, viewersOf(to))
	if err != nil || len(shown) == 0 {
		return err
	}
	viewers := make([]int64, 0, len(shown))
	for viewer, yes := range shown {
		if yes {
			viewers = append(viewers, viewer)
		}
	}
	rendered, err := h.Renderer.RenderStatus(ctx, id, viewers)
	if err != nil {
		return err
	}
	h.send(to, event, rendered)
	return nil
}

// showDeletion says that a status is gone wherever it was shown, but to nobody who could not see
// its author.
func (h *Hub) showDeletion(ctx context.Context, x storage.Happening) error {
	channels := slices.Concat(h.personalOf("user", notNil(x.Accounts)), h.personalOf("list", notNil(x.Lists)),
		h.personalOf("direct", notNil(x.Gone.Direct)))
	if x.Gone.Public {
		channels = append(channels, publicChannels(*x.Gone)...)
	}
	to := h.lookers(channels)
	viewers := viewersOf(to)
	if len(viewers) == 0 {
		return nil
	}
	shown, err := h.Store.Unblocked(ctx, x.Gone.AccountID, viewers)
	if err != nil {
		return err
	}
	id, payloads := []byte(ids.Format(x.ID)), make(map[int64][]byte, len(shown))
	for viewer := range shown {
		payloads[viewer] = id
	}
	h.send(to, eventDelete, payloads)
	return nil
}

// showAnnouncement tells everybody what became of an announcement. The events have the names of
// what happened.
func (h *Hub) showAnnouncement(ctx context.Context, x storage.Happening) (err error) {
	to := h.lookers(h.personalOf("user", nil))
	if len(to) == 0 {
		return nil
	}
	data := []byte(ids.Format(x.ID))
	if x.Kind != storage.HappenedUnannounced {
		if data, err = h.Renderer.RenderAnnouncement(ctx, x.ID, x.Name); err != nil {
			return err
		}
	}
	payloads := map[int64][]byte{}
	for _, viewer := range viewersOf(to) {
		payloads[viewer] = data
	}
	h.send(to, x.Kind, payloads)
	return nil
}

// notNil makes nobody of a list without anybody: nil would be whomever.
func notNil(list []int64) []int64 {
	if list == nil {
		return []int64{}
	}
	return list
}

// showTo shows something to each of the people whom it concerns, as it looks to them.
func (h *Hub) showTo(ctx context.Context, x storage.Happening, event string,
	render func(ctx context.Context, viewer, id int64) ([]byte, error), channels ...channel,
) error {
	for _, account := range x.Accounts {
		var theirs []channel
		for _, c := range channels {
			c.of = account
			theirs = append(theirs, c)
		}
		to := h.lookers(theirs)
		if len(to) == 0 {
			continue
		}
		data, err := render(ctx, account, x.ID)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		h.send(to, event, map[int64][]byte{account: data})
	}
	return nil
}

// viewersOf are the people who look, each once.
func viewersOf(to map[channel][]*stream) (viewers []int64) {
	seen := map[int64]bool{}
	for _, streams := range to {
		for _, s := range streams {
			if viewer := s.viewer(); !seen[viewer] {
				seen[viewer] = true
				viewers = append(viewers, viewer)
			}
		}
	}
	return viewers
}

// send puts what viewers are shown into the queues of their streams. A message is made once for all
// who get the same bytes of the same channel.
func (h *Hub) send(to map[channel][]*stream, event string, payloads map[int64][]byte) {
	for c, streams := range to {
		made := map[*byte]*frame{}
		for _, s := range streams {
			data, shown := payloads[s.viewer()]
			if !shown {
				continue
			}
			var key *byte
			if len(data) > 0 {
				key = &data[0]
			}
			f := made[key]
			if f == nil {
				f = newFrame(c, event, data)
				made[key] = f
			}
			if !s.offer(f) {
				h.Metrics.cut(endSlow)
			}
		}
	}
}

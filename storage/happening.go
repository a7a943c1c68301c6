package storage

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"tulou/protocol/ids"
)

// Happening is something that people who look at a stream right now may want to be shown. It names
// what happened and says nothing of it: who may see it, and how it looks to them, is read when it
// is shown. It is no promise: whoever missed it finds it in the database.
type Happening struct {
	Kind     string  `json:"kind"`
	ID       int64   `json:"id,string"`          // of the status, the notification or the conversation
	Accounts []int64 `json:"accounts,omitempty"` // of this node whom it concerns; not for HappenedPost and HappenedEdit
	Lists    []int64 `json:"lists,omitempty"`    // whose timelines got it or lost it
	Gone     *Gone   `json:"gone,omitempty"`     // of HappenedDelete
	Name     string  `json:"name,omitempty"`     // of HappenedReaction: the emoji
}

// Gone is what is told of a status that was deleted, which can be looked up no more.
type Gone struct {
	AccountID int64    `json:"account,string"`
	Local     bool     `json:"local,omitempty"`
	Public    bool     `json:"public,omitempty"`    // timelines of its tags showed it
	InPublic  bool     `json:"in_public,omitempty"` // public timelines showed it
	Media     bool     `json:"media,omitempty"`
	Tags      []string `json:"tags,omitempty"`   // folded
	Direct    []int64  `json:"direct,omitempty"` // whose direct messages showed it
}

// The kinds of happenings.
const (
	HappenedPost         = "post"         // a public status is known from now on
	HappenedHome         = "home"         // a status came into home timelines and lists
	HappenedEdit         = "edit"         // a status says something else
	HappenedDelete       = "delete"       // a status is gone
	HappenedNotification = "notification" // somebody was told something
	HappenedConversation = "conversation" // a direct message came into conversations
	HappenedMerge        = "merge"        // notifications that were held back are shown now

	HappenedMoment          = "moment"           // somebody showed their friends something
	HappenedMomentDelete    = "moment.delete"    // and took it back
	HappenedMomentComment   = "moment.comment"   // somebody liked it or said something about it
	HappenedMomentUncomment = "moment.uncomment" // and took that back
	HappenedMomentNotice    = "moment.notice"    // somebody was told of that
	HappenedFriend          = "friend.notice"    // somebody was told of a friend, or of who wants to be one
)

// What becomes of announcements; it comes by EventAnnouncement.
const (
	HappenedAnnouncement = "announcement"
	HappenedReaction     = "announcement.reaction" // somebody reacted, or took that back
	HappenedUnannounced  = "announcement.delete"
)

// Events for streams that are rare enough to be rows of their own.
const (
	// EventHappened carries happenings to the other processes: a Relay as JSON.
	EventHappened = "happened"
	// EventStreaming says that people look at streams of a process; its payload is the process's name.
	EventStreaming = "streaming"
	// EventFiltersChanged says that somebody changed their filters; its payload is their id.
	EventFiltersChanged = "filters.changed"
	// EventAnnouncement says what became of an announcement; its payload is a Happening as JSON.
	EventAnnouncement = "announcement"
)

// Relay is what happened at one process, for the others.
type Relay struct {
	From       string      `json:"from"` // the process, which has seen to its own streams
	Happenings []Happening `json:"happenings"`
	Lost       bool        `json:"lost,omitempty"` // something before them is missing
}

// Watch has fn called with everything that this process commits from now on, after the commit, on
// the goroutine that made it. It must not block. One watcher is enough: the next one replaces it.
func (s *Store) Watch(fn func(Happening)) { s.watcher.Store(&fn) }

// happened tells the watcher when the transaction is durable.
func (tx *Tx) happened(h Happening) {
	if watcher := tx.store.watcher.Load(); watcher != nil {
		tx.OnCommit(func() { (*watcher)(h) })
	}
}

// posted tells of a new status if it belongs into public timelines or those of tags.
func (tx *Tx) posted(s Status) {
	if s.Visibility == VisibilityPublic && s.BoostOfID == 0 {
		tx.happened(Happening{Kind: HappenedPost, ID: s.ID})
	}
}

// going has those told who lose a status, and the boosts that go with it. It is called while they
// are still there: whose timelines lose them is not known afterwards. If nobody wants to know
// nothing is read.
func (tx *Tx) going(ctx context.Context, s Status) error {
	if tx.store.watcher.Load() == nil {
		return nil
	}
	lost := []Status{s}
	if s.BoostOfID == 0 {
		var boosts []Status
		if err := tx.list(ctx, &boosts, `SELECT `+statusColumns+` FROM status WHERE boost_of_id = ? AND boost_of_id <> 0`, s.ID); err != nil {
			return err
		}
		lost = append(lost, boosts...)
	}
	for _, each := range lost {
		h, err := tx.loss(ctx, each)
		if err != nil {
			return err
		}
		if h.Gone.Public || len(h.Accounts)+len(h.Lists)+len(h.Gone.Direct) > 0 {
			tx.happened(h)
		}
	}
	return nil
}

// loss is the happening that a status goes.
func (tx *Tx) loss(ctx context.Context, s Status) (h Happening, err error) {
	h = Happening{Kind: HappenedDelete, ID: s.ID, Gone: &Gone{AccountID: s.AccountID, Local: s.Local,
		Public: s.Visibility == VisibilityPublic && s.BoostOfID == 0, InPublic: s.InPublic()}}
	if err := tx.list(ctx, &h.Accounts, `SELECT account_id FROM home_entry WHERE status_id = ?`, s.ID); err != nil {
		return h, err
	}
	if s.Visibility == VisibilityDirect {
		if err := tx.list(ctx, &h.Gone.Direct, `
			SELECT c.account_id FROM conversation c WHERE c.thread_id = ?2 AND (c.account_id = ?3 OR EXISTS (
				SELECT 1 FROM audience p WHERE p.status_id = ?1 AND p.principal = c.account_id))`, s.ID, s.ThreadID, s.AccountID); err != nil {
			return h, err
		}
	}
	if err := tx.list(ctx, &h.Lists, `SELECT list_id FROM list_entry WHERE status_id = ?`, s.ID); err != nil || !h.Gone.Public {
		return h, err
	}
	tags, err := tx.Tags(ctx, []int64{s.ID})
	if err != nil {
		return h, err
	}
	for _, t := range tags[s.ID] {
		h.Gone.Tags = append(h.Gone.Tags, t.Tag)
	}
	attachments, err := tx.Attachments(ctx, []int64{s.ID})
	h.Gone.Media = len(attachments[s.ID]) > 0
	return h, err
}

// FiltersChanged has the streams of an account say that its filters are different now.
func (tx *Tx) FiltersChanged(ctx context.Context, account int64) error {
	return tx.Publish(ctx, EventFiltersChanged, ids.Format(account))
}

// announced has streams tell what became of an announcement, also if the operator did it beside.
func (tx *Tx) announced(ctx context.Context, h Happening) error {
	payload, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return tx.Publish(ctx, EventAnnouncement, string(payload))
}

// PublishRelay has other processes see to their streams. keep is for how long they have time to
// read it; older ones are deleted, since there are many of them.
func (tx *Tx) PublishRelay(ctx context.Context, r Relay, keep time.Duration) error {
	payload, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM event WHERE id < ? AND kind = ?`, ids.FloorAt(time.Now().Add(-keep)), EventHappened); err != nil {
		return err
	}
	return tx.Publish(ctx, EventHappened, string(payload))
}

// InPublic tells whether a status is of those that public timelines show: the condition of
// Reader.Public on a status that was read.
func (s Status) InPublic() bool {
	answers := s.ReplyToURI != "" && s.ReplyToAccount != s.AccountID
	return s.Visibility == VisibilityPublic && s.BoostOfID == 0 && !answers
}

// eachViewer makes a condition on the viewer ?1 one on many of them, who are v. There is one
// predicate of who sees what; this is how it is asked once for everybody who looks at a stream.
func eachViewer(condition string) string { return strings.ReplaceAll(condition, "?1", "v.id") }

// unblockedEach is the condition that v and account ?1, which may be gone, do not block each other.
var unblockedEach = strings.ReplaceAll(eachViewer(unblocked("?2")), "?2", "?1")

// shown is the condition that a timeline of v shows s.
var shown = eachViewer(wanted + ` AND ` + visible)

// ShownTo returns those of the viewers to whom timelines show a status, as far as that is a matter
// of who sees what and of whom they do not want to see; viewers may have 0, a stranger.
func (r Reader) ShownTo(ctx context.Context, status int64, viewers []int64) (map[int64]bool, error) {
	return r.viewersOf(ctx, ``, status, viewers)
}

// HomesShowing returns those of the viewers in whose home timelines a status is.
func (r Reader) HomesShowing(ctx context.Context, status int64, viewers []int64) (map[int64]bool, error) {
	return r.viewersOf(ctx, ` AND EXISTS (SELECT 1 FROM home_entry h WHERE h.account_id = v.id AND h.status_id = s.id)`, status, viewers)
}

func (r Reader) viewersOf(ctx context.Context, condition string, status int64, viewers []int64) (map[int64]bool, error) {
	found := make(map[int64]bool, len(viewers))
	rows, err := listIn[int64](ctx, r, `
		SELECT v.id FROM `+statusTables+` CROSS JOIN account v
		WHERE s.id = ?1 AND `+shown+condition+` AND v.id IN (?)`, viewers, status, Now())
	for _, id := range rows {
		found[id] = true
	}
	for _, id := range viewers {
		if id == 0 && condition == "" && err == nil {
			found[0], err = r.CanSee(ctx, 0, status)
			break
		}
	}
	return found, err
}

// ListsShown returns those of the lists that show a status to their owners.
func (r Reader) ListsShown(ctx context.Context, status int64, lists []int64) (places []ListPlace, err error) {
	return listIn[ListPlace](ctx, r, `
		SELECT x.id AS list_id, x.account_id AS owner_id FROM `+statusTables+` CROSS JOIN list x JOIN account v ON v.id = x.account_id
		WHERE s.id = ?1 AND `+shown+` AND EXISTS (SELECT 1 FROM list_entry e WHERE e.list_id = x.id AND e.status_id = s.id)
			AND x.id IN (?)`, lists, status, Now())
}

// Unblocked returns those of the viewers who neither block an account nor are blocked by it; 0 is
// among them. It is for what was deleted, of which nothing is left but its author.
func (r Reader) Unblocked(ctx context.Context, account int64, viewers []int64) (map[int64]bool, error) {
	rows, err := listIn[int64](ctx, r, `
		SELECT v.id FROM account v WHERE `+unblockedEach+` AND v.id IN (?)`, viewers, account)
	found := map[int64]bool{0: true}
	for _, id := range rows {
		found[id] = true
	}
	return found, err
}

// Trace says why a status looks different to a viewer than to others.
type Trace struct {
	ViewerID int64 `db:"viewer_id"`
	// Touched: they wrote it, reacted to it, voted in it or muted its thread; it quotes something,
	// which not everybody may see; or whether they may quote it depends on who follows whom.
	Touched bool
	Filters bool // they filter what they see, maybe not this
}

// Traces returns those of the viewers to whom a status may look different than to others.
func (r Reader) Traces(ctx context.Context, status int64, viewers []int64) (map[int64]Trace, error) {
	rows, err := listIn[Trace](ctx, r, `
		SELECT viewer_id, touched, filters FROM (
			SELECT v.id AS viewer_id, (v.id = s.account_id
				OR EXISTS (SELECT 1 FROM likes l WHERE l.account_id = v.id AND l.status_id = s.id)
				OR EXISTS (SELECT 1 FROM status b WHERE b.boost_of_id = s.id AND b.boost_of_id <> 0 AND b.account_id = v.id)
				OR EXISTS (SELECT 1 FROM bookmark k WHERE k.account_id = v.id AND k.status_id = s.id)
				OR EXISTS (SELECT 1 FROM poll_vote p WHERE p.account_id = v.id AND p.status_id = s.id)
				OR EXISTS (SELECT 1 FROM thread_mute t WHERE t.account_id = v.id AND t.thread_id = s.thread_id)
				OR (s.quote_policy & `+quotePolicyOnFollows+`) <> 0
				OR EXISTS (SELECT 1 FROM quote q WHERE q.status_id = s.id AND q.state = 'accepted')) AS touched,
				EXISTS (SELECT 1 FROM content_filter c WHERE c.account_id = v.id) AS filters
			FROM status s CROSS JOIN account v WHERE s.id = ?1 AND v.id IN (?)) traces
		WHERE touched OR filters`, viewers, status)
	found := make(map[int64]Trace, len(rows))
	for _, t := range rows {
		found[t.ViewerID] = t
	}
	return found, err
}

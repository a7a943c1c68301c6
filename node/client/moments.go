package client

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"tulou/apps/moments"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// momentRoutes is everything about Moments.
func (a *API) momentRoutes() []route {
	return []route{
		{get, "/moments", edge.ScopeRead, a.momentFeed},
		{post, "/moments", edge.ScopeWrite, a.postMoment},
		{get, "/moments/settings", edge.ScopeRead, a.momentSettings},
		{patch, "/moments/settings", edge.ScopeWrite, a.setMomentSettings},
		{put, "/moments/cover", edge.ScopeWrite, a.setCover},
		{remove, "/moments/cover", edge.ScopeWrite, a.removeCover},
		{get, "/moments/unread", edge.ScopeRead, a.momentsUnread},
		{post, "/moments/read", edge.ScopeWrite, a.readMoments},
		{get, "/moments/notices", edge.ScopeRead, a.momentNotices},
		{get, "/moments/{id}", edge.ScopeRead, a.getMoment},
		{remove, "/moments/{id}", edge.ScopeWrite, a.deleteMoment},
		{post, "/moments/{id}/like", edge.ScopeWrite, a.likeMoment},
		{remove, "/moments/{id}/like", edge.ScopeWrite, a.unlikeMoment},
		{post, "/moments/{id}/comments", edge.ScopeWrite, a.commentMoment},
		{remove, "/moments/{id}/comments/{comment}", edge.ScopeWrite, a.uncommentMoment},
		{get, "/accounts/{id}/moments", edge.ScopeRead, a.momentsOf},
		{get, "/accounts/{id}/cover", edge.ScopeRead, a.coverOf},
	}
}

// momentEntity is a Moment as the viewer sees it: of likes and comments those that they may see,
// and no count of others.
type momentEntity struct {
	ID        string             `json:"id"`
	Account   jsontext.Value     `json:"account"`
	Text      string             `json:"text"`
	Link      *linkEntity        `json:"link"`
	Place     string             `json:"place"`
	Media     []momentFileEntity `json:"media"`
	CreatedAt string             `json:"created_at"`
	Audience  *audienceEntity    `json:"audience"` // of one's own
	Liked     bool               `json:"liked"`
	Likes     []jsontext.Value   `json:"likes"`
	Comments  []commentEntity    `json:"comments"`
}

type linkEntity struct {
	URL   string `json:"url"`
	Title string `json:"title"`
}

type audienceEntity struct {
	Kind    string   `json:"kind"`
	Circles []string `json:"circles"`
	People  []string `json:"people"`
}

// momentFileEntity is a picture or film. Its addresses answer the viewer only.
type momentFileEntity struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	State       string `json:"state"` // ready, waiting (it is still coming), failed
	URL         string `json:"url"`
	PreviewURL  string `json:"preview_url"`
	Description string `json:"description"`
	Blurhash    string `json:"blurhash"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	Duration    int64  `json:"duration"` // milliseconds
}

type commentEntity struct {
	ID        string         `json:"id"`
	MomentID  string         `json:"moment_id"`
	Account   jsontext.Value `json:"account"`
	Text      string         `json:"text"`
	Answers   jsontext.Value `json:"answers"` // whom, or null
	CreatedAt string         `json:"created_at"`
	CanDelete bool           `json:"can_delete"`
}

// momentFacts is what rendering Moments needs, read once for all of them.
type momentFacts struct {
	viewer   int64
	people   map[int64]jsontext.Value
	media    map[int64][]storage.MomentMedia
	comments map[int64][]storage.MomentComment
}

// momentFacts reads what is about Moments that the viewer may see.
func (a *API) momentFacts(ctx context.Context, viewer int64, list []storage.Moment) (f momentFacts, err error) {
	wanted, people := make([]int64, len(list)), []int64{}
	for i, m := range list {
		wanted[i] = m.ID
		people = append(people, m.AccountID)
	}
	f.viewer = viewer
	if f.media, err = a.Store.MomentMediaOf(ctx, wanted); err != nil {
		return f, err
	}
	if f.comments, err = a.Store.MomentCommentsShown(ctx, viewer, wanted); err != nil {
		return f, err
	}
	for _, comments := range f.comments {
		for _, c := range comments {
			people = append(people, c.AccountID, c.AnswersID)
		}
	}
	slices.Sort(people)
	f.people, err = a.accounts(ctx, slices.Compact(people))
	return f, err
}

// momentEntities renders Moments that the viewer may see, in their order.
func (a *API) momentEntities(ctx context.Context, viewer int64, list []storage.Moment) ([]momentEntity, error) {
	f, err := a.momentFacts(ctx, viewer, list)
	if err != nil {
		return nil, err
	}
	entities := make([]momentEntity, 0, len(list))
	for _, m := range list {
		if f.people[m.AccountID] != nil {
			entities = append(entities, a.momentEntity(f, m))
		}
	}
	return entities, nil
}

func (a *API) momentEntity(f momentFacts, m storage.Moment) momentEntity {
	e := momentEntity{ID: ids.Format(m.ID), Account: f.people[m.AccountID], Text: m.Body, Place: m.Place, CreatedAt: moment(m.CreatedAt.Time()),
		Media: []momentFileEntity{}, Likes: []jsontext.Value{}, Comments: []commentEntity{}}
	if m.Link != "" {
		e.Link = &linkEntity{m.Link, m.LinkTitle}
	}
	if m.AccountID == f.viewer {
		e.Audience = &audienceEntity{m.Choice.Kind, formatted(m.Choice.Tags), formatted(m.Choice.People)}
	}
	for _, file := range f.media[m.ID] {
		e.Media = append(e.Media, a.momentFile(file))
	}
	for _, c := range f.comments[m.ID] {
		switch {
		case f.people[c.AccountID] == nil:
		case c.Kind == storage.MomentLiked:
			e.Liked = e.Liked || c.AccountID == f.viewer
			e.Likes = append(e.Likes, f.people[c.AccountID])
		default:
			e.Comments = append(e.Comments, f.comment(c, m.AccountID))
		}
	}
	return e
}

func (f momentFacts) comment(c storage.MomentComment, author int64) commentEntity {
	return commentEntity{ID: ids.Format(c.ID), MomentID: ids.Format(c.MomentID), Account: f.people[c.AccountID], Text: c.Body,
		Answers: f.people[c.AnswersID], CreatedAt: moment(c.CreatedAt.Time()), CanDelete: f.viewer == c.AccountID || f.viewer == author}
}

func (a *API) momentFile(m storage.MomentMedia) momentFileEntity {
	e := momentFileEntity{ID: ids.Format(m.ID), Kind: m.Kind, State: m.State, Description: m.Description, Blurhash: m.Blurhash,
		Width: m.Width, Height: m.Height, Duration: m.Duration}
	if name, ok := storage.FileName("original", m.MediaType); ok && m.State == storage.MediaReady {
		e.URL = a.Paths.MomentMedia(m.FileKey, name)
	}
	if name, ok := storage.FileName("small", m.PreviewType); ok && m.State == storage.MediaReady {
		e.PreviewURL = a.Paths.MomentMedia(m.PreviewKey, name)
	}
	return e
}

func formatted(list []int64) []string {
	texts := make([]string, len(list))
	for i, id := range list {
		texts[i] = ids.Format(id)
	}
	return texts
}

// oneMoment renders one Moment. Faults: NotFound.
func (a *API) oneMoment(ctx context.Context, viewer, id int64) (momentEntity, error) {
	m, err := a.Store.MomentShown(ctx, viewer, id)
	if err != nil {
		return momentEntity{}, err
	}
	entities, err := a.momentEntities(ctx, viewer, []storage.Moment{m})
	if err == nil && len(entities) == 0 {
		err = errNotFound
	}
	if err != nil {
		return momentEntity{}, err
	}
	return entities[0], nil
}

// momentPage answers with a page of Moments.
func (a *API) momentPage(q *query, read func(p storage.Page) ([]storage.Moment, error)) (any, error) {
	p, err := q.page(storage.MomentPageMax)
	if err != nil {
		return nil, err
	}
	found, err := read(p)
	if err != nil {
		return nil, err
	}
	entities, err := a.momentEntities(q.ctx(), q.me.ID, found)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	if len(found) > 0 {
		last = found[len(found)-1].ID
	}
	return listOf(entities, p, len(found), last), nil
}

func (a *API) momentFeed(q *query) (any, error) {
	return a.momentPage(q, func(p storage.Page) ([]storage.Moment, error) { return a.Store.MomentsShown(q.ctx(), q.me.ID, p) })
}

func (a *API) momentsOf(q *query) (any, error) {
	author, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return a.momentPage(q, func(p storage.Page) ([]storage.Moment, error) {
		return a.Store.MomentsOf(q.ctx(), q.me.ID, author, p)
	})
}

func (a *API) getMoment(q *query) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return a.oneMoment(q.ctx(), q.me.ID, id)
}

func (a *API) deleteMoment(q *query) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Moments.Delete(q.ctx(), q.me, id)
}

func (a *API) likeMoment(q *query) (any, error) { return a.afterwards(q, a.Moments.Like) }

func (a *API) unlikeMoment(q *query) (any, error) { return a.afterwards(q, a.Moments.Unlike) }

// afterwards does something with a Moment and answers with how it looks then.
func (a *API) afterwards(q *query, do func(ctx context.Context, actor storage.Account, moment int64) error) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if err := do(q.ctx(), q.me, id); err != nil {
		return nil, err
	}
	return a.oneMoment(q.ctx(), q.me.ID, id)
}

func (a *API) commentMoment(q *query) (any, error) {
	var sent struct {
		Text    string `json:"text"`
		Answers string `json:"answers"`
	}
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	answers, err := optionalID(sent.Answers)
	if err != nil {
		return nil, err
	}
	c, err := a.Moments.Comment(q.ctx(), q.me, id, sent.Text, answers)
	if err != nil {
		return nil, err
	}
	return a.oneComment(q.ctx(), q.me.ID, c.ID)
}

// oneComment renders a comment that the viewer may see. Faults: NotFound.
func (a *API) oneComment(ctx context.Context, viewer, id int64) (any, error) {
	c, err := a.Store.MomentCommentShown(ctx, viewer, id)
	if err != nil {
		return nil, err
	}
	m, err := a.Store.MomentShown(ctx, viewer, c.MomentID)
	if err != nil {
		return nil, err
	}
	f := momentFacts{viewer: viewer}
	if f.people, err = a.accounts(ctx, []int64{c.AccountID, c.AnswersID}); err != nil {
		return nil, err
	}
	return f.comment(c, m.AccountID), nil
}

func (a *API) uncommentMoment(q *query) (any, error) {
	id, err := q.id("id")
	if err != nil {
		return nil, err
	}
	comment, err := q.id("comment")
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Moments.Uncomment(q.ctx(), q.me, id, comment)
}

// optionalID reads an id that may be absent. What is no id names nothing.
func optionalID(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	id, ok := ids.Parse(text)
	if !ok {
		return 0, errNotFound
	}
	return id, nil
}

// settingsEntity is what somebody chose about their Moments.
type settingsEntity struct {
	VisibleFor string `json:"visible_for"` // three_days, month, half_year, always
}

func (a *API) momentSettings(q *query) (any, error) {
	setting, err := a.Store.MomentSettingOf(q.ctx(), q.me.ID)
	if err != nil {
		return nil, err
	}
	for name, reach := range moments.Reaches() {
		if reach.Milliseconds() == setting.Reach {
			return settingsEntity{name}, nil
		}
	}
	return settingsEntity{"always"}, nil
}

func (a *API) setMomentSettings(q *query) (any, error) {
	var sent settingsEntity
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	if err := a.Moments.SetReach(q.ctx(), q.me, sent.VisibleFor); err != nil {
		return nil, err
	}
	return a.momentSettings(q)
}

func (a *API) setCover(q *query) (any, error) {
	var sent struct {
		Media string `json:"media"`
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	upload, ok := ids.Parse(sent.Media)
	if !ok {
		return nil, errNotFound
	}
	if err := a.Moments.SetCover(q.ctx(), q.me, upload); err != nil {
		return nil, err
	}
	cover, err := a.Store.CoverOf(q.ctx(), q.me.ID)
	return a.momentFile(cover), err
}

func (a *API) removeCover(q *query) (any, error) {
	return nothing{}, a.Moments.SetCover(q.ctx(), q.me, 0)
}

func (a *API) coverOf(q *query) (any, error) {
	author, err := q.id("id")
	if err != nil {
		return nil, err
	}
	shown, err := a.Store.CoverShown(q.ctx(), q.me.ID, author)
	if err != nil || !shown {
		return nil, err // null: none, nobody, and one that you may not see are the same bytes (A089)
	}
	cover, err := a.Store.CoverOf(q.ctx(), author)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return a.momentFile(cover), err
}

// unreadMax is how far is counted: clients show "99+".
const unreadMax = 100

func (a *API) momentsUnread(q *query) (any, error) {
	unseen, notices, err := a.Store.MomentsUnread(q.ctx(), q.me.ID, unreadMax)
	return struct {
		Moments int `json:"moments"`
		Notices int `json:"notices"`
	}{unseen, notices}, err
}

func (a *API) readMoments(q *query) (any, error) {
	var sent struct {
		Moment string `json:"moment"`
		Notice string `json:"notice"`
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	seen, err := optionalID(sent.Moment)
	if err != nil {
		return nil, err
	}
	notice, err := optionalID(sent.Notice)
	if err != nil {
		return nil, err
	}
	return nothing{}, a.Store.Tx(q.ctx(), func(tx *storage.Tx) error {
		return tx.MarkMomentsSeen(q.ctx(), q.me.ID, seen, notice)
	})
}

// noticeEntity tells somebody of a like or comment that concerns them.
type noticeEntity struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind"` // like, comment, reply
	Account jsontext.Value `json:"account"`
	Comment *commentEntity `json:"comment"` // null for a like
	Moment  momentEntity   `json:"moment"`
}

func (a *API) momentNotices(q *query) (any, error) {
	p, err := q.page(storage.MomentNoticePageMax)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.MomentNotices(q.ctx(), q.me.ID, p)
	if err != nil {
		return nil, err
	}
	entities, err := a.noticeEntities(q.ctx(), q.me.ID, found)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	if len(found) > 0 {
		last = found[len(found)-1].NoticeID
	}
	return listOf(entities, p, len(found), last), nil
}

func (a *API) noticeEntities(ctx context.Context, viewer int64, found []storage.MomentNotice) ([]noticeEntity, error) {
	named := make([]int64, len(found))
	for i, n := range found {
		named[i] = n.MomentID
	}
	slices.Sort(named)
	about, err := a.Store.MomentsShownAmong(ctx, viewer, slices.Compact(named))
	if err != nil {
		return nil, err
	}
	f, err := a.momentFacts(ctx, viewer, slices.Collect(maps.Values(about)))
	if err != nil {
		return nil, err
	}
	entities := make([]noticeEntity, 0, len(found))
	for _, n := range found {
		m, has := about[n.MomentID]
		if !has || f.people[n.AccountID] == nil || f.people[m.AccountID] == nil {
			continue // it went this moment
		}
		e := noticeEntity{ID: strconv.FormatInt(n.NoticeID, 10), Kind: n.Kind, Account: f.people[n.AccountID], Moment: a.momentEntity(f, m)}
		if n.Kind == storage.MomentCommented {
			c := f.comment(n.MomentComment, m.AccountID)
			e.Comment = &c
			if n.AnswersID == viewer {
				e.Kind = "reply"
			}
		}
		entities = append(entities, e)
	}
	return entities, nil
}

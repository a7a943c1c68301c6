package mastodon

import (
	"context"
	"slices"
	"time"

	"tulou/apps/social"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// filterHead is a filter as statuses carry it; filter has what is in it, too.
type filterHead struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Context   []string `json:"context"`
	ExpiresAt *string  `json:"expires_at"`
	Action    string   `json:"filter_action"`
}

type filter struct {
	filterHead
	Keywords []filterKeyword `json:"keywords"`
	Statuses []filterStatus  `json:"statuses"`
}

type filterKeyword struct {
	ID        string `json:"id"`
	Keyword   string `json:"keyword"`
	WholeWord bool   `json:"whole_word"`
}

type filterStatus struct {
	ID       string `json:"id"`
	StatusID string `json:"status_id"`
}

func filterHeadOf(f storage.Filter) filterHead {
	return filterHead{ID: ids.Format(f.ID), Title: f.Title, Context: append([]string{}, f.Contexts...),
		ExpiresAt: optionalInstant(f.ExpiresAt), Action: f.Action}
}

func filterOf(f storage.Filter) filter {
	rendered := filter{filterHead: filterHeadOf(f), Keywords: keywordsOf(f.Keywords), Statuses: filterStatusesOf(f.Statuses)}
	return rendered
}

func keywordOf(k storage.FilterKeyword) filterKeyword {
	return filterKeyword{ID: ids.Format(k.ID), Keyword: k.Keyword, WholeWord: k.WholeWord}
}

func keywordsOf(found []storage.FilterKeyword) []filterKeyword {
	list := make([]filterKeyword, len(found))
	for i, k := range found {
		list[i] = keywordOf(k)
	}
	return list
}

func filterStatusOf(s storage.FilterStatus) filterStatus {
	return filterStatus{ID: ids.Format(s.ID), StatusID: ids.Format(s.StatusID)}
}

func filterStatusesOf(found []storage.FilterStatus) []filterStatus {
	list := make([]filterStatus, len(found))
	for i, s := range found {
		list[i] = filterStatusOf(s)
	}
	return list
}

func (a *API) filterRoutes(r routes) {
	r.person(get, "/api/v2/filters", a.listFilters, "read:filters")
	r.person(post, "/api/v2/filters", a.createFilter, "write:filters")
	r.person(get, "/api/v2/filters/{id}", a.getFilter, "read:filters")
	r.person(put, "/api/v2/filters/{id}", about(a.updateFilter), "write:filters")
	r.person(remove, "/api/v2/filters/{id}", a.deleteFilter, "write:filters")
	r.person(get, "/api/v2/filters/{id}/keywords", a.filterKeywords, "read:filters")
	r.person(post, "/api/v2/filters/{id}/keywords", about(a.addKeyword), "write:filters")
	r.person(get, "/api/v2/filters/keywords/{id}", about(a.getKeyword), "read:filters")
	r.person(put, "/api/v2/filters/keywords/{id}", about(a.updateKeyword), "write:filters")
	r.person(remove, "/api/v2/filters/keywords/{id}", a.deleteKeyword, "write:filters")
	r.person(get, "/api/v2/filters/{id}/statuses", a.filterStatuses, "read:filters")
	r.person(post, "/api/v2/filters/{id}/statuses", about(a.addFilterStatus), "write:filters")
	r.person(get, "/api/v2/filters/statuses/{id}", about(a.getFilterStatus), "read:filters")
	r.person(remove, "/api/v2/filters/statuses/{id}", a.deleteFilterStatus, "write:filters")
	r.person(get, "/api/v1/filters", a.listFiltersV1, "read:filters")
	r.person(post, "/api/v1/filters", a.createFilterV1, "write:filters")
	r.person(get, "/api/v1/filters/{id}", a.getFilterV1, "read:filters")
	r.person(put, "/api/v1/filters/{id}", a.updateFilterV1, "write:filters")
	r.person(remove, "/api/v1/filters/{id}", a.deleteFilterV1, "write:filters")
}

// changed answers after a change of the viewer's filters, which count at once.
func (a *API) changed(q *query, answer any, err error) (any, error) {
	a.filters.forget(q.viewer())
	return answer, err
}

func (a *API) listFilters(q *query) (any, error) {
	found, err := a.Store.Filters(q.Context(), q.viewer())
	list := make([]filter, len(found))
	for i, f := range found {
		list[i] = filterOf(f)
	}
	return list, err
}

// ownFilter returns the filter of the path, if it is the viewer's.
func (a *API) ownFilter(q *query) (storage.Filter, error) {
	id, err := q.id()
	if err != nil {
		return storage.Filter{}, err
	}
	return a.Store.FilterOf(q.Context(), q.viewer(), id)
}

func (a *API) getFilter(q *query) (any, error) {
	f, err := a.ownFilter(q)
	return filterOf(f), err
}

// readFilter takes over what was sent about a filter.
func (q *query) readFilter(f *storage.Filter) error {
	q.set(&f.Title, "title")
	if contexts := q.list("context"); len(contexts) > 0 {
		f.Contexts = slices.DeleteFunc(slices.Compact(contexts), func(c string) bool { return c == "" })
	}
	q.setUnlessEmpty(&f.Action, "filter_action")
	if q.has("expires_in") {
		f.ExpiresAt = q.expires()
	}
	return nil
}

// expires is when something ends that is sent as a number of seconds: never for none.
func (q *query) expires() storage.Millis {
	after := q.seconds("expires_in")
	if after == 0 {
		return 0
	}
	return storage.At(time.Now().Add(after))
}

// keywordChanges reads what shall become of the keywords of a filter.
func (q *query) keywordChanges() (changes []social.KeywordChange, err error) {
	const name = "keywords_attributes"
	for _, index := range q.indexes(name) {
		prefix := name + "[" + index + "]"
		change := social.KeywordChange{Keyword: q.optional(prefix + "[keyword]"), WholeWord: q.optionalFlag(prefix + "[whole_word]"),
			Remove: q.flag(prefix+"[_destroy]", false)}
		if text := q.text(prefix + "[id]"); text != "" {
			var ok bool
			if change.ID, ok = ids.Parse(text); !ok {
				return nil, errNotFound
			}
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func (a *API) createFilter(q *query) (any, error) {
	f := storage.Filter{Action: storage.FilterWarn}
	if err := q.readFilter(&f); err != nil {
		return nil, err
	}
	changes, err := q.keywordChanges()
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		switch {
		case c.ID != 0:
			return nil, errNotFound
		case c.Remove:
			continue
		}
		k := storage.FilterKeyword{WholeWord: true}
		if c.Keyword != nil {
			k.Keyword = *c.Keyword
		}
		if c.WholeWord != nil {
			k.WholeWord = *c.WholeWord
		}
		f.Keywords = append(f.Keywords, k)
	}
	made, err := a.Social.NewFilter(q.Context(), q.who.Account, f)
	return a.changed(q, filterOf(made), err)
}

func (a *API) updateFilter(q *query, id int64) (any, error) {
	changes, err := q.keywordChanges()
	if err != nil {
		return nil, err
	}
	after, err := a.Social.ChangeFilter(q.Context(), q.who.Account, id, q.readFilter, changes...)
	return a.changed(q, filterOf(after), err)
}

func (a *API) deleteFilter(q *query) (any, error) { return a.drop(q, a.Social.DeleteFilter) }

// drop removes something of the viewer's filters.
func (a *API) drop(q *query, do func(ctx context.Context, viewer storage.Account, id int64) error) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return a.changed(q, empty{}, do(q.Context(), q.who.Account, id))
}

func (a *API) filterKeywords(q *query) (any, error) {
	f, err := a.ownFilter(q)
	return keywordsOf(f.Keywords), err
}

func (a *API) addKeyword(q *query, id int64) (any, error) {
	made, err := a.Social.AddFilterKeyword(q.Context(), q.who.Account,
		storage.FilterKeyword{FilterID: id, Keyword: q.text("keyword"), WholeWord: q.flag("whole_word", true)})
	return a.changed(q, keywordOf(made), err)
}

func (a *API) getKeyword(q *query, id int64) (any, error) {
	k, err := a.Store.FilterKeywordOf(q.Context(), q.viewer(), id)
	return keywordOf(k), err
}

func (a *API) updateKeyword(q *query, id int64) (any, error) {
	k, err := a.Social.ChangeFilterKeyword(q.Context(), q.who.Account, id, q.optional("keyword"), q.optionalFlag("whole_word"))
	return a.changed(q, keywordOf(k), err)
}

func (a *API) deleteKeyword(q *query) (any, error) {
	return a.drop(q, func(ctx context.Context, viewer storage.Account, id int64) error {
		return a.Social.DeleteFilterKeyword(ctx, viewer, id, false)
	})
}

func (a *API) filterStatuses(q *query) (any, error) {
	f, err := a.ownFilter(q)
	return filterStatusesOf(f.Statuses), err
}

func (a *API) addFilterStatus(q *query, id int64) (any, error) {
	status, ok := ids.Parse(q.text("status_id"))
	if !ok {
		return nil, errNotFound
	}
	made, err := a.Social.AddFilterStatus(q.Context(), q.who.Account, id, status)
	return a.changed(q, filterStatusOf(made), err)
}

func (a *API) getFilterStatus(q *query, id int64) (any, error) {
	s, err := a.Store.FilterStatusOf(q.Context(), q.viewer(), id)
	return filterStatusOf(s), err
}

func (a *API) deleteFilterStatus(q *query) (any, error) {
	return a.drop(q, a.Social.DeleteFilterStatus)
}

// filterV1 is one keyword of a filter, as clients from before Mastodon 4 know filters.
type filterV1 struct {
	ID           string   `json:"id"`
	Phrase       string   `json:"phrase"`
	Context      []string `json:"context"`
	WholeWord    bool     `json:"whole_word"`
	ExpiresAt    *string  `json:"expires_at"`
	Irreversible bool     `json:"irreversible"`
}

func filterV1Of(f storage.Filter, k storage.FilterKeyword) filterV1 {
	head := filterHeadOf(f)
	return filterV1{ID: ids.Format(k.ID), Phrase: k.Keyword, Context: head.Context, WholeWord: k.WholeWord,
		ExpiresAt: head.ExpiresAt, Irreversible: f.Action == storage.FilterHide}
}

func (a *API) listFiltersV1(q *query) (any, error) {
	found, err := a.Store.Filters(q.Context(), q.viewer())
	list := []filterV1{}
	for _, f := range found {
		for _, k := range f.Keywords {
			list = append(list, filterV1Of(f, k))
		}
	}
	return list, err
}

// ownFilterV1 returns the keyword of the path and its filter, if they are the viewer's.
func (a *API) ownFilterV1(q *query) (f storage.Filter, k storage.FilterKeyword, err error) {
	id, err := q.id()
	if err != nil {
		return f, k, err
	}
	if k, err = a.Store.FilterKeywordOf(q.Context(), q.viewer(), id); err == nil {
		f, err = a.Store.FilterOf(q.Context(), q.viewer(), k.FilterID)
	}
	return f, k, err
}

func (a *API) getFilterV1(q *query) (any, error) {
	f, k, err := a.ownFilterV1(q)
	return filterV1Of(f, k), err
}

// readFilterV1 takes over what was sent about a filter of the older kind.
func (q *query) readFilterV1(f *storage.Filter) {
	if contexts := q.list("context"); len(contexts) > 0 {
		f.Contexts = contexts
	}
	if hide := q.optionalFlag("irreversible"); hide != nil {
		f.Action = storage.FilterWarn
		if *hide {
			f.Action = storage.FilterHide
		}
	}
	if q.has("expires_in") {
		f.ExpiresAt = q.expires()
	}
}

func (a *API) createFilterV1(q *query) (any, error) {
	phrase := q.text("phrase")
	if phrase == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Phrase can't be blank")
	}
	title := []rune(phrase)
	f := storage.Filter{Title: string(title[:min(len(title), social.FilterTitleRunesMax)]), Action: storage.FilterWarn,
		Keywords: []storage.FilterKeyword{{Keyword: phrase, WholeWord: q.flag("whole_word", false)}}}
	q.readFilterV1(&f)
	made, err := a.Social.NewFilter(q.Context(), q.who.Account, f)
	if err != nil {
		return nil, err
	}
	return a.changed(q, filterV1Of(made, made.Keywords[0]), nil)
}

// updateFilterV1 changes a keyword and its filter, unless the filter has other keywords, which
// older clients take for filters of their own.
func (a *API) updateFilterV1(q *query) (any, error) {
	before, k, err := a.ownFilterV1(q)
	if err != nil {
		return nil, err
	}
	change := social.KeywordChange{ID: k.ID, Keyword: q.optional("phrase"), WholeWord: q.optionalFlag("whole_word")}
	after, err := a.Social.ChangeFilter(q.Context(), q.who.Account, before.ID, func(f *storage.Filter) error {
		was := *f
		q.readFilterV1(f)
		same := slices.Equal(was.Contexts, f.Contexts) && was.Action == f.Action && was.ExpiresAt == f.ExpiresAt
		if len(f.Keywords) > 1 && !same {
			return fault.New(fault.Unprocessable, "These parameters cannot be changed from this application because they "+
				"apply to more than one filter keyword. Use a more recent application or the web interface.")
		}
		return nil
	}, change)
	if err != nil {
		return nil, err
	}
	for _, changed := range after.Keywords {
		if changed.ID == k.ID {
			k = changed
		}
	}
	return a.changed(q, filterV1Of(after, k), nil)
}

func (a *API) deleteFilterV1(q *query) (any, error) {
	return a.drop(q, func(ctx context.Context, viewer storage.Account, id int64) error {
		return a.Social.DeleteFilterKeyword(ctx, viewer, id, true)
	})
}

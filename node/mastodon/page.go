package mastodon

import (
	"net/url"
	"strings"

	"tulou/protocol/ids"
	"tulou/storage"
)

// The lengths of pages, as Mastodon documents them for each list.
const (
	statusesDefault      = storage.PageDefault
	statusesMax          = storage.StatusPageMax
	accountsDefault      = 40
	accountsMax          = storage.AccountPageMax
	notificationsDefault = 40
	domainsDefault       = storage.AccountPageMax
)

// page reads which part of a list is wanted. Bounds that are no ids are no bounds.
func (q *query) page(usual, most int) storage.Page {
	bound := func(key string) int64 {
		id, _ := ids.Parse(q.text(key))
		return id
	}
	limit := q.number("limit", usual)
	if limit <= 0 {
		limit = usual
	}
	return storage.Page{
		MaxID: bound("max_id"), MinID: bound("min_id"), SinceID: bound("since_id"), Limit: min(limit, most),
	}
}

// link tells in a Link header (RFC 8288) where a list goes on: older, if there may be more, and
// newer. first and last are the keys of the page's ends; other parameters stay as they were sent.
func (a *API) link(q *query, more bool, first, last int64) {
	params := url.Values{}
	for key, values := range q.URL.Query() {
		if key != "max_id" && key != "min_id" && key != "since_id" {
			params[key] = values
		}
	}
	var links []string
	add := func(bound string, id int64, rel string) {
		params.Set(bound, ids.Format(id))
		links = append(links, "<"+a.Paths.Base+q.URL.EscapedPath()+"?"+params.Encode()+`>; rel="`+rel+`"`)
		params.Del(bound)
	}
	if more {
		add("max_id", last, "next")
	}
	add("min_id", first, "prev")
	q.header.Set("Link", strings.Join(links, ", "))
}

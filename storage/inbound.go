package storage

import (
	"context"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// StatusIDByURI returns the id of a status that this node has; fault.NotFound if it has not.
func (r Reader) StatusIDByURI(ctx context.Context, uri string) (id int64, err error) {
	err = r.get(ctx, &id, `SELECT id FROM status WHERE uri = ?`, uri)
	return id, err
}

// KindOfActivity returns what the activity with an id did, as far as this node remembers it:
// Follow, Like, Announce, Block, Offer, or "" if it does not.
func (r Reader) KindOfActivity(ctx context.Context, uri string) (kind string, err error) {
	err = r.get(ctx, &kind, `
		SELECT 'Follow' AS kind FROM follow WHERE uri = ?
		UNION ALL SELECT 'Like' FROM likes WHERE uri = ? AND uri <> ''
		UNION ALL SELECT 'Announce' FROM status WHERE uri = ? AND boost_of_id <> 0
		UNION ALL SELECT 'Block' FROM block WHERE uri = ?
		UNION ALL SELECT 'Offer' FROM friend WHERE offer_uri = ?
		UNION ALL SELECT 'QuoteRequest' FROM quote WHERE request_uri = ? AND request_uri <> ''
		LIMIT 1`, uri, uri, uri, uri, uri, uri)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return kind, err
}

// MarkAllApplied is MarkApplied for several activities at once.
func (tx *Tx) MarkAllApplied(ctx context.Context, activities []string) error {
	query, args := in(`UPDATE received SET applied_at = ? WHERE applied_at = 0 AND activity_id IN (?)`, activities)
	_, err := tx.exec(ctx, query, append([]any{Now()}, args...)...)
	return err
}

// EveryInbox returns one inbox for each server that this node knows somebody of, the shared one
// where there is one. Servers count whose people are all suspended or gone by now: what they got
// before is still there. Those that the operator keeps out get nothing.
func (r Reader) EveryInbox(ctx context.Context) (inboxes []Inbox, err error) {
	var urls []string
	if err := r.list(ctx, &urls, `
		SELECT DISTINCT CASE WHEN shared_inbox = '' THEN inbox ELSE shared_inbox END FROM account
		WHERE host <> '' AND inbox <> ''
			AND (NOT hidden OR suspended_at > 0 OR suspended_there OR deleted_at > 0 AND shared_inbox <> '') ORDER BY 1`); err != nil {
		return nil, err
	}
	for _, url := range urls {
		if host := ids.Host(url); host != "" {
			inboxes = append(inboxes, Inbox{Host: host, URL: url})
		}
	}
	return inboxes, nil
}

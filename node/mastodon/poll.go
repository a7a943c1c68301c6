package mastodon

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tulou/protocol/ids"
	"tulou/storage"
)

// Polls of other servers are shown with the counts that their servers tell. Making one and voting
// are not served yet.

// option is how storage keeps one.
type option struct {
	Title string `json:"title"`
	Votes int64  `json:"votes"`
}

// optionsOf reads the options of a poll. The column is written by the apps, so it can be read.
func optionsOf(p storage.Poll) ([]option, error) {
	var options []option
	if err := json.Unmarshal([]byte(p.Options), &options); err != nil {
		return nil, fmt.Errorf("read the options of a poll: %w", err)
	}
	return options, nil
}

// poll renders a poll as of now. Counts are hidden while the poll lasts if its author wants that.
func pollOf(p storage.Poll, viewer int64, now time.Time) (poll, error) {
	options, err := optionsOf(p)
	if err != nil {
		return poll{}, err
	}
	ended := p.ClosedAt != 0 || p.ExpiresAt != 0 && !now.Before(p.ExpiresAt.Time())
	rendered := poll{
		ID: ids.Format(p.StatusID), ExpiresAt: optionalInstant(p.ExpiresAt), Expired: ended, Multiple: p.Multiple,
		Options: make([]pollOption, len(options)), Emojis: []struct{}{},
	}
	for i, o := range options {
		rendered.VotesCount += o.Votes
		rendered.Options[i].Title = o.Title
		if ended || !p.HideTotals {
			rendered.Options[i].VotesCount = &o.Votes
		}
	}
	if p.Multiple {
		rendered.VotersCount = &p.Voters
	}
	if viewer != 0 {
		rendered.Voted, rendered.OwnVotes = new(bool), &[]int{}
	}
	return rendered, nil
}

// pollsOf renders the polls of those of the statuses that have one.
func (a *API) pollsOf(ctx context.Context, viewer int64, bodies map[int64]rendered) (map[int64]json.RawMessage, error) {
	var asking []int64
	for id, body := range bodies {
		if body.poll {
			asking = append(asking, id)
		}
	}
	if len(asking) == 0 {
		return nil, nil
	}
	found, err := a.Store.Polls(ctx, asking)
	if err != nil {
		return nil, err
	}
	polls, now := make(map[int64]json.RawMessage, len(found)), time.Now()
	for id, p := range found {
		one, err := pollOf(p, viewer, now)
		if err != nil {
			return nil, err
		}
		if polls[id], err = marshal(one); err != nil {
			return nil, err
		}
	}
	return polls, nil
}

// getPoll shows a poll, which has the id of its status.
func (a *API) getPoll(q *query) (any, error) {
	s, err := a.visible(q)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Polls(q.Context(), []int64{s.ID})
	if err != nil {
		return nil, err
	}
	p, ok := found[s.ID]
	if !ok {
		return nil, errNotFound
	}
	return pollOf(p, q.viewer(), time.Now())
}

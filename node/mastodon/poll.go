package mastodon

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"tulou/apps/social"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// A poll has the id of its status. It is never kept rendered: it changes with the clock, with every
// vote and with who looks at it.

// ballot is what a viewer chose in a poll.
type ballot struct {
	viewer int64 // 0: a stranger
	votes  []storage.Vote
}

// pollOf renders a poll as of now. Counts are hidden while the poll lasts if its author wants that.
// Votes that the author's server cannot have counted yet are added for the voter alone.
func pollOf(p storage.Poll, of ballot, now time.Time) poll {
	ended := p.Ended(now)
	rendered := poll{
		ID: ids.Format(p.StatusID), ExpiresAt: optionalInstant(p.ExpiresAt), Expired: ended, Multiple: p.Multiple,
		Options: make([]pollOption, len(p.Options)), Emojis: []customEmoji{},
	}
	counts, own, fresh := slices.Clone(p.Options), []int{}, false
	for _, v := range of.votes {
		own = append(own, v.Choice)
		if p.CountedAt != 0 && v.CreatedAt > p.CountedAt && v.Choice < len(counts) {
			counts[v.Choice].Votes++
			fresh = true
		}
	}
	for i, o := range counts {
		rendered.VotesCount += o.Votes
		rendered.Options[i].Title = markup.Line(o.Title)
		if ended || !p.HideTotals {
			rendered.Options[i].VotesCount = &o.Votes
		}
	}
	if p.Multiple {
		voters := p.Voters
		if fresh {
			voters++
		}
		rendered.VotersCount = &voters
	}
	if of.viewer != 0 {
		voted := len(own) > 0 || of.viewer == p.AccountID // authors see their polls as if they had voted
		rendered.Voted, rendered.OwnVotes = &voted, &own
	}
	return rendered
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
	votes, err := a.Store.VotesOf(ctx, viewer, asking)
	if err != nil {
		return nil, err
	}
	emojis, err := a.pollEmojis(ctx, found)
	if err != nil {
		return nil, err
	}
	polls, now := make(map[int64]json.RawMessage, len(found)), time.Now()
	for id, p := range found {
		rendered := pollOf(p, ballot{viewer, votes[id]}, now)
		if named := emojis[id]; len(named) > 0 {
			rendered.Emojis = named
		}
		if polls[id], err = marshal(rendered); err != nil {
			return nil, err
		}
	}
	return polls, nil
}

// poll renders one poll for the viewer.
func (a *API) poll(q *query, p storage.Poll) (any, error) {
	votes, err := a.Store.VotesOf(q.Context(), q.viewer(), []int64{p.StatusID})
	if err != nil {
		return nil, err
	}
	emojis, err := a.pollEmojis(q.Context(), map[int64]storage.Poll{p.StatusID: p})
	if err != nil {
		return nil, err
	}
	rendered := pollOf(p, ballot{q.viewer(), votes[p.StatusID]}, time.Now())
	if named := emojis[p.StatusID]; len(named) > 0 {
		rendered.Emojis = named
	}
	return rendered, nil
}

func (a *API) getPoll(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	p, err := a.Social.Poll(q.Context(), q.who.Account, id)
	if err != nil {
		return nil, err
	}
	return a.poll(q, p)
}

// vote chooses options by their places. What is no number is no option.
func (a *API) vote(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	var choices []int
	for _, text := range q.list("choices") {
		choice, err := strconv.Atoi(text)
		if err != nil {
			choice = -1
		}
		choices = append(choices, choice)
	}
	p, err := a.Social.Vote(q.Context(), q.who.Account, id, choices)
	if err != nil {
		return nil, err
	}
	return a.poll(q, p)
}

// newPoll reads the poll of a post; nil if none was sent.
func (q *query) newPoll() *social.NewPoll {
	options := q.list("poll[options]")
	if len(options) == 0 {
		return nil
	}
	return &social.NewPoll{Options: options, Lasts: q.seconds("poll[expires_in]"),
		Multiple: q.flag("poll[multiple]", false), HideTotals: q.flag("poll[hide_totals]", false)}
}

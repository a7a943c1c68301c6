package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tulou/protocol/fault"
)

// glance is the pause between two looks at the other server's timeline. Looking takes about as long
// again, and more often would measure who looks.
const glance = 500 * time.Microsecond

// visible writes posts, one after another, and waits until each is in the home timeline of somebody
// of another server who follows their author: from the beginning of the one request to the end of
// the other.
func (m *meter) visible(ctx context.Context) (Result, error) {
	if m.OtherToken == "" {
		return Result{}, fault.New(fault.Invalid, "visible needs a second server and a token there")
	}
	there := m.Options
	there.URL, there.Token = m.OtherURL, m.OtherToken
	other, err := newMeter(ctx, there)
	if err != nil {
		return Result{}, fmt.Errorf("the other server: %w", err)
	}
	writer, err := other.followPerson(ctx, m)
	if err != nil {
		return Result{}, err
	}
	var times []time.Duration
	cpu, begun := m.cpu(), time.Now()
	for n := range m.Posts {
		start := time.Now()
		var post statusEntity
		if err := m.call(ctx, http.MethodPost, "/api/v1/statuses", map[string]string{
			"status": fmt.Sprintf("Post %d that somebody waits for", n), "visibility": "public"}, &post); err != nil {
			return Result{}, err
		}
		if err := other.untilNewest(ctx, post.URI); err != nil {
			return Result{}, err
		}
		times = append(times, time.Since(start))
	}
	result := m.result(times, 0, time.Since(begun), m.cpu()-cpu)
	_ = other.call(ctx, http.MethodPost, "/api/v1/accounts/"+writer.ID+"/unfollow", struct{}{}, nil) // leave it as it was
	return result, nil
}

// followPerson makes this person follow the one of another meter, and waits until their server has
// agreed.
func (m *meter) followPerson(ctx context.Context, whom *meter) (account, error) {
	base, err := url.Parse(whom.URL)
	if err != nil {
		return account{}, err
	}
	who, err := m.find(ctx, "@"+whom.me.Acct+"@"+base.Host)
	if err != nil {
		return who, err
	}
	if err := m.call(ctx, http.MethodPost, "/api/v1/accounts/"+who.ID+"/follow", struct{}{}, nil); err != nil {
		return who, err
	}
	return who, m.untilFollowing(ctx, who)
}

// find looks somebody up by their handle.
func (m *meter) find(ctx context.Context, handle string) (account, error) {
	var found struct{ Accounts []account }
	if err := m.call(ctx, http.MethodGet, "/api/v2/search?resolve=true&type=accounts&q="+url.QueryEscape(handle), nil, &found); err != nil {
		return account{}, err
	}
	if len(found.Accounts) == 0 {
		return account{}, fault.New(fault.Unprocessable, "the server does not find %s: does it allow private peers?", handle)
	}
	return found.Accounts[0], nil
}

// untilFollowing waits until a follow is accepted.
func (m *meter) untilFollowing(ctx context.Context, who account) error {
	for ctx.Err() == nil {
		var relations []struct{ Following bool }
		if err := m.call(ctx, http.MethodGet, "/api/v1/accounts/relationships?id[]="+who.ID, nil, &relations); err != nil {
			return err
		}
		if len(relations) == 1 && relations[0].Following {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	return fault.New(fault.Unavailable, "%s did not accept to be followed", strings.TrimPrefix(who.Acct, "@"))
}

// untilNewest waits until a post is the newest of the home timeline.
func (m *meter) untilNewest(ctx context.Context, uri string) error {
	for ctx.Err() == nil {
		statuses, err := m.page(ctx, "/api/v1/timelines/home?limit=1")
		if err != nil {
			return err
		}
		if len(statuses) == 1 && statuses[0].URI == uri {
			return nil
		}
		pause(ctx, glance)
	}
	return fault.New(fault.Unavailable, "%s was not seen in time", uri)
}

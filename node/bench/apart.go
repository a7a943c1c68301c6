package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tulou/protocol/fault"
)

// Runs that not every server has something for: searching for posts, notifications, and the Moments
// of a Tulou node. What a server does not have is left out, unless somebody asks for it.

// searchedFor is a word of every post of the run post.
const searchedFor = "measurement"

// searchable is how long posts may take to be found after they were written.
const searchable = 10 * time.Second

// absent says what a server does not have.
func absent(what string) error {
	return fault.New(fault.NotFound, "this server has no %s for this account", what)
}

// reads measures how often a path is read.
func (m *meter) reads(ctx context.Context, path string) Result {
	return m.repeat(ctx, m.Reads, func(ctx context.Context, _ int) error {
		return m.call(ctx, http.MethodGet, path, nil, nil)
	})
}

// search looks for a word that many posts have.
func (m *meter) search(ctx context.Context) (Result, error) {
	path := "/api/v2/search?type=statuses&limit=20&q=" + searchedFor
	for end := time.Now().Add(searchable); ; pause(ctx, 100*time.Millisecond) {
		var found struct{ Statuses []statusEntity }
		if err := m.call(ctx, http.MethodGet, path, nil, &found); err != nil {
			return Result{}, err
		}
		if len(found.Statuses) > 0 {
			return m.reads(ctx, path), nil
		}
		if time.Now().After(end) || ctx.Err() != nil {
			return Result{}, absent("posts to be found: run post first")
		}
	}
}

// notifications reads the latest.
func (m *meter) notifications(ctx context.Context) (Result, error) {
	const path = "/api/v1/notifications?limit=20"
	var told []struct{ ID string }
	if err := m.call(ctx, http.MethodGet, path, nil, &told); err != nil {
		return Result{}, err
	}
	if len(told) == 0 {
		return Result{}, absent("notifications: run fanout first")
	}
	return m.reads(ctx, path), nil
}

// ownMoments is how many Moments the run makes for its account alone, if there are fewer to read.
const ownMoments = 20

// moments reads the feed of Moments of a Tulou node.
func (m *meter) moments(ctx context.Context) (Result, error) {
	const path = "/api/tulou/v1/moments"
	var feed struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	err := m.call(ctx, http.MethodGet, path+"?limit=20", nil, &feed)
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Unprocessable) {
		return Result{}, absent("Moments, or the token has not the scopes tulou:read and tulou:write")
	}
	for n := len(feed.Items); n < ownMoments && err == nil; n++ {
		err = m.call(ctx, http.MethodPost, path, map[string]any{"text": fmt.Sprintf("Moment %d of a measurement", n),
			"audience": map[string]string{"kind": "myself"}}, nil)
	}
	if err != nil {
		return Result{}, err
	}
	return m.reads(ctx, path+"?limit=20"), nil
}

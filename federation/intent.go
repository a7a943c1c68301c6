package federation

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// placeholder is what is left of a template after what we know was put in (FEP-3b86 has places for
// addresses to return to).
var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// FollowPage returns the page of follower's server that asks them whether they want to follow
// actor. Their server says in WebFinger where it is; it is of that server, or of the one where they
// are. Faults: those of fetch.WebFinger, Forbidden for a server that is kept out, Unsupported for
// one that has no such page.
func (e *Engine) FollowPage(ctx context.Context, follower ids.Handle, actor string) (string, error) {
	if err := e.CheckHost(ctx, follower.Host); err != nil {
		return "", err
	}
	finger, err := e.client.WebFinger(ctx, follower)
	if err != nil {
		return "", err
	}
	page := finger.Follow
	if !strings.Contains(page, "{uri}") && !strings.Contains(page, "{object}") {
		return "", fault.New(fault.Unsupported, "%s has no page to follow people", follower.Host)
	}
	page = strings.NewReplacer("{uri}", url.QueryEscape(actor), "{object}", url.QueryEscape(actor)).Replace(page)
	page = placeholder.ReplaceAllString(page, "")
	u, err := ids.ParseIRI(page)
	if err != nil || u.Scheme != "https" && !e.config.AllowPrivate {
		return "", fault.New(fault.Unsupported, "%s has no page to follow people that can be used", follower.Host)
	}
	if host := ids.Host(page); host != follower.Host && host != ids.Host(finger.Self) {
		return "", fault.New(fault.Unsupported, "%s sends people to %s to follow somebody", follower.Host, host)
	}
	return page, nil
}

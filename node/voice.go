package node

import (
	"context"
	"time"

	"tulou/apps/guard"
	"tulou/apps/social"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What an operator says to people, and what people tell the operator, from the command line,
// whether the node runs or not.

// counting registers the recurring jobs that count what a node tells about itself.
func (n *Node) counting() {
	n.workers.handle("social.trends", social.TrendsEvery, n.social.Recount)
	n.workers.handle("node.activity", hourly, n.once(func(ctx context.Context, tx *storage.Tx) error {
		return tx.CountWeeks(ctx, time.Now())
	}))
}

// SetText says something about the node, or takes it back if body is "". Terms hold from a day on
// ("2026-11-20", "" for today). Faults: those of guard.SetText.
func (n *Node) SetText(ctx context.Context, name, body, day string) error {
	return n.guard.SetText(ctx, name, body, day)
}

// Texts returns what is said about the node, by name and day.
func (n *Node) Texts(ctx context.Context) ([]storage.NodeText, error) { return n.store.NodeTexts(ctx) }

// AddRule adds a rule after the others.
func (n *Node) AddRule(ctx context.Context, body, hint string) (storage.Rule, error) {
	return n.guard.AddRule(ctx, body, hint)
}

// RemoveRule takes the rule of an id back.
func (n *Node) RemoveRule(ctx context.Context, id string) error {
	return named(id, "rule", func(id int64) error { return n.guard.RemoveRule(ctx, id) })
}

// Rules returns the rules in their order.
func (n *Node) Rules(ctx context.Context) ([]storage.Rule, error) { return n.guard.Rules(ctx) }

// Announce tells everybody of the node something until a time, or until it is taken back.
func (n *Node) Announce(ctx context.Context, body string, until time.Time) (storage.Announcement, error) {
	return n.guard.Announce(ctx, guard.NewAnnouncement{Body: body, EndsAt: until})
}

// Unannounce takes the announcement of an id back.
func (n *Node) Unannounce(ctx context.Context, id string) error {
	return named(id, "announcement", func(id int64) error { return n.guard.Unannounce(ctx, id) })
}

// Announcements returns what is announced now.
func (n *Node) Announcements(ctx context.Context) ([]storage.Announcement, error) {
	return n.store.Announcements(ctx)
}

// Report is a complaint as the operator reads it.
type Report struct {
	storage.Report
	By, About string // handles
	Posts     []string
	Rules     []string
}

// Reports returns the latest reports, those that are open or all, newest first.
func (n *Node) Reports(ctx context.Context, open bool) ([]Report, error) {
	found, err := n.guard.Reports(ctx, open, storage.Page{Limit: storage.AccountPageMax})
	if err != nil {
		return nil, err
	}
	var people, posts, rules []int64
	for _, r := range found {
		people, posts, rules = append(people, r.AccountID, r.TargetID), append(posts, r.StatusIDs...), append(rules, r.RuleIDs...)
	}
	accounts, err := n.store.AccountsByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	statuses, err := n.store.StatusesByIDs(ctx, posts)
	if err != nil {
		return nil, err
	}
	named, err := n.store.RulesByIDs(ctx, rules)
	list := make([]Report, len(found))
	for i, r := range found {
		list[i] = Report{Report: r, By: n.handle(accounts[r.AccountID]), About: n.handle(accounts[r.TargetID])}
		for _, id := range r.StatusIDs {
			if s, ok := statuses[id]; ok { // it may be deleted by now
				list[i].Posts = append(list[i].Posts, s.URI)
			}
		}
		for _, id := range r.RuleIDs {
			list[i].Rules = append(list[i].Rules, named[id].Body)
		}
	}
	return list, err
}

// ResolveReport closes the report of an id with a note on what was done.
func (n *Node) ResolveReport(ctx context.Context, id, note string) error {
	return named(id, "report", func(id int64) error { return n.guard.Resolve(ctx, id, note) })
}

// named does something with what has an id, and says what is missing if there is no such thing.
func named(text, what string, do func(id int64) error) error {
	id, ok := ids.Parse(text)
	if !ok {
		return fault.New(fault.Invalid, "%q is not the id of a %s", text, what)
	}
	err := do(id)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "there is no %s %s", what, text)
	}
	return err
}

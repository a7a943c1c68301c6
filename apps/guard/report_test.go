package guard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// sent is the Sender of tests: what is sent is in the outgoing bytes of the last one.
type sent struct{}

func (sent) Prepare(_ context.Context, _ storage.Account, a vocab.Activity, _ ...string) (*federation.Outgoing, error) {
	return &federation.Outgoing{ID: a.ID, Body: []byte(a.Actor + " " + strings.Join(a.ObjectIDs, " "))}, nil
}

func (sent) ActorDocument(a storage.Account, _ []storage.ActorKey, _ ...storage.Emoji) vocab.Actor {
	return vocab.Actor{ID: a.URI, Type: a.Type, Name: a.DisplayName}
}

// told is the Notifier of tests: it writes notifications as storage permits them.
type told struct{}

func (told) Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	_, _, err := tx.CreateNotification(ctx, n)
	return err
}

func (told) NotifyModerators(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	moderators, err := tx.Moderators(ctx)
	for _, n.AccountID = range moderators {
		if err == nil {
			_, _, err = tx.CreateNotification(ctx, n)
		}
	}
	return err
}

func (v village) moderator(name string) (a storage.Account) {
	v.t.Helper()
	v.do(func(tx *storage.Tx) (err error) {
		if a, err = tx.CreateAccount(v.t.Context(), storage.Account{URI: "https://harbor.example/users/" + name, Name: name}); err != nil {
			return err
		}
		return tx.CreateLogin(v.t.Context(), storage.Login{AccountID: a.ID, Email: name + "@harbor.example", Role: storage.RoleAdmin})
	})
	return a
}

func (v village) post(by storage.Account, visibility string) (s storage.Status) {
	v.t.Helper()
	id, at := v.store.NewID()
	n := storage.NewStatus{Status: storage.Status{ID: id, URI: fmt.Sprintf("%s/statuses/%d", by.URI, id), AccountID: by.ID, Local: by.Local(),
		Type: "Note", Visibility: visibility, CreatedAt: storage.At(at)}}
	if visibility == storage.VisibilityPublic {
		n.Audience = []int64{storage.Everybody}
	}
	v.do(func(tx *storage.Tx) (err error) { s, err = tx.CreateStatus(v.t.Context(), n); return err })
	return s
}

func (v village) notifications(of storage.Account) []storage.Notification {
	v.t.Helper()
	return must(v.store.Notifications(v.t.Context(), of.ID, storage.NotificationFilter{}, storage.Page{}))
}

// A complaint would be lost, read by people who do not moderate, or show private posts to whoever
// complains about them (A096).
func TestReportsReachModerators(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		mod, ana, ben := v.moderator("mod"), v.local("ana"), v.local("ben")
		open, private, other := v.post(ben, storage.VisibilityPublic), v.post(ben, storage.VisibilityDirect), v.post(mod, storage.VisibilityPublic)
		rule := must(v.AddRule(ctx, "Be kind", ""))
		report, err := v.Report(ctx, ana, NewReport{TargetID: ben.ID, StatusIDs: []int64{open.ID, private.ID, other.ID, open.ID, 4711},
			Comment: " rude\x1b[31m \n\u202eagain ", RuleIDs: []int64{rule.ID}, Forward: true})
		check(t, err)
		kept := must(v.store.ReportByID(ctx, report.ID))
		if !slices.Equal(kept.StatusIDs, []int64{open.ID}) || kept.Category != CategoryViolation || kept.Forwarded ||
			!slices.Equal(kept.RuleIDs, []int64{rule.ID}) || strings.ContainsAny(kept.Comment, "\x1b\u202e") || !strings.Contains(kept.Comment, "\nagain") {
			t.Errorf("kept %+v", kept)
		}
		if got := v.notifications(mod); len(got) != 1 || got[0].Type != storage.NotifyReport || got[0].AboutID != report.ID || got[0].FromID != ana.ID {
			t.Errorf("the moderator was told %+v", got)
		}
		if got := v.notifications(ben); len(got) != 0 {
			t.Errorf("the target was told %+v", got)
		}
		check(t, v.Resolve(ctx, report.ID, "spoke to ben"))
		if err := v.Resolve(ctx, report.ID, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("resolved twice: %v", err)
		}
		if open, all := must(v.Reports(ctx, true, storage.Page{})), must(v.Reports(ctx, false, storage.Page{})); len(open) != 0 || len(all) != 1 || all[0].Resolution != "spoke to ben" {
			t.Errorf("open %+v, all %+v", open, all)
		}
		later := must(v.Report(ctx, mod, NewReport{TargetID: ben.ID}))
		v.do(func(tx *storage.Tx) error { return tx.MarkDeleted(ctx, ben.ID) })
		if got := must(v.store.ReportByID(ctx, later.ID)); got.ResolvedAt == 0 {
			t.Error("a report about somebody who was deleted is open")
		}
		v.do(func(tx *storage.Tx) error { return tx.MarkDeleted(ctx, mod.ID) })
		v.do(func(tx *storage.Tx) error { return tx.MarkDeleted(ctx, ana.ID) })
		if all := must(v.Reports(ctx, false, storage.Page{})); len(all) != 0 {
			t.Errorf("after the reporter was deleted: %+v", all)
		}
	})
}

// A report that does not fit would be filed, or moderators drowned.
func TestReportsHaveLimits(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, ben := v.local("ana"), v.local("ben")
		for _, c := range []struct {
			report NewReport
			want   fault.Code
		}{
			{NewReport{TargetID: 4711}, fault.NotFound},
			{NewReport{TargetID: ben.ID, Comment: strings.Repeat("x", CommentMax+1)}, fault.Unprocessable},
			{NewReport{TargetID: ben.ID, Category: "boring"}, fault.Unprocessable},
			{NewReport{TargetID: ben.ID, RuleIDs: []int64{4711}}, fault.Unprocessable},
		} {
			if _, err := v.Report(ctx, ana, c.report); !fault.Is(err, c.want) {
				t.Errorf("%+v: %v, want %v", c.report, err, c.want)
			}
		}
		for range ReportsPerDayMax {
			must(v.Report(ctx, ana, NewReport{TargetID: ben.ID}))
		}
		if _, err := v.Report(ctx, ana, NewReport{TargetID: ben.ID}); !fault.Is(err, fault.RateLimited) {
			t.Errorf("one too many: %v", err)
		}
	})
}

// Another server could not complain about somebody here, or do it in the name of others, without
// end, or about people elsewhere.
func TestFlagsOfOtherServersAreFiled(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		mod, ben, node := v.moderator("mod"), v.local("ben"), v.remote("node", "orchard.example")
		elsewhere := v.remote("zoe", "orchard.example")
		post, foreign := v.post(ben, storage.VisibilityPublic), v.post(mod, storage.VisibilityPublic)
		flag := func(key string, objects ...string) []storage.Report {
			t.Helper()
			in := federation.In{Actor: node, Activity: &vocab.Activity{ID: "https://orchard.example/flags/" + key, Type: "Flag",
				Actor: node.URI, ObjectIDs: objects, Content: strings.Repeat("bad\x00 ", CommentMax)}}
			v.do(func(tx *storage.Tx) error { return flagged{v.Service}.Apply(ctx, tx, in, federation.Fetched{}) })
			return must(v.Reports(ctx, false, storage.Page{Limit: 80}))
		}
		for _, ignored := range [][]string{{elsewhere.URI}, {"https://harbor.example/users/nobody"}, nil} {
			if got := flag("x"+ids.Format(int64(len(ignored))), ignored...); len(got) != 0 {
				t.Errorf("%v: %+v", ignored, got)
			}
		}
		got := flag("1", elsewhere.URI, ben.URI, post.URI, foreign.URI)
		if len(got) != 1 || got[0].TargetID != ben.ID || got[0].AccountID != node.ID || !slices.Equal(got[0].StatusIDs, []int64{post.ID}) || len([]rune(got[0].Comment)) > CommentMax {
			t.Fatalf("filed %+v", got)
		}
		if got = flag("1", ben.URI); len(got) != 1 {
			t.Errorf("twice: %+v", got)
		}
		if got = flag("2", post.URI); len(got) != 2 || got[0].TargetID != ben.ID {
			t.Errorf("by a post alone: %+v", got)
		}
		if got := v.notifications(mod); len(got) != 2 || got[0].FromID != node.ID {
			t.Errorf("the moderator was told %+v", got)
		}
		for i := range ReportsPerDayMax {
			flag(fmt.Sprint(i+3), ben.URI)
		}
		if count := must(v.store.CountReportsFrom(ctx, "orchard.example", 0)); count != ReportsPerDayMax {
			t.Errorf("%d of one server", count)
		}
	})
}

// People would not know why they lost followers, or be told about others' losses.
func TestBlockingADomainTellsWhoLostFollows(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ctx := t.Context()
		ana, ben, zoe, yan := v.local("ana"), v.local("ben"), v.remote("zoe", "orchard.example"), v.remote("yan", "orchard.example")
		v.follow(ana, zoe)
		v.follow(zoe, ana)
		v.follow(yan, ana)
		check(t, v.Block(ctx, "orchard.example", ""))
		v.work()
		told := v.notifications(ana)
		if len(told) != 1 || told[0].Type != storage.NotifySevered || len(v.notifications(ben)) != 0 {
			t.Fatalf("told %+v", told)
		}
		lost := must(v.store.SeverancesByIDs(ctx, []int64{told[0].AboutID}))[told[0].AboutID]
		if lost.Followers != 2 || lost.Following != 1 || lost.Target != "orchard.example" || lost.AccountID != ana.ID {
			t.Errorf("lost %+v", lost)
		}
	})
}

package people

import (
	"strings"
	"sync"
	"testing"

	"tulou/protocol/fault"
)

func ptr[T any](v T) *T { return &v }

// If this failed, a changed profile would not be seen here, or not on the followers' servers.
func TestProfileIsRenderedAndShownToFollowers(t *testing.T) {
	onSQLite(t, func(t *testing.T, v village) {
		ana, oli := v.local("ana"), v.remote("oli", "orchard.example")
		v.remote("quin", "quay.example") // follows nobody
		v.befriend(ana, oli)
		before := v.again(ana).Version
		now := must(v.UpdateProfile(t.Context(), ana, Profile{
			DisplayName: ptr("Ana \u202eM."), Bio: ptr("I like <b> and @oli@orchard.example and #tea & @nobody@nowhere.example"),
			Fields: &[]Field{{"Site", "https://ana.example"}, {"", ""}}, Locked: ptr(true), Bot: ptr(true),
			DefaultVisibility: ptr("unlisted"), DefaultSensitive: ptr(true), DefaultLanguage: ptr("pt"),
		}))
		if now.DisplayName != "Ana M." || !now.Locked || !now.Bot || now.Type != "Service" || now.Version <= before {
			t.Errorf("profile %+v", now)
		}
		for _, want := range []string{"&lt;b&gt;", oli.URL, "/tags/tea", "@nobody@nowhere.example"} {
			if !strings.Contains(now.Bio, want) {
				t.Errorf("the bio %s has no %s", now.Bio, want)
			}
		}
		if len(now.Fields) != 1 || !strings.Contains(now.Fields[0].Value, `href="https://ana.example"`) {
			t.Errorf("fields %+v", now.Fields)
		}
		all := v.sent()
		if len(all) != 1 || all[0].inbox != oli.SharedInbox || all[0].Type != "Update" || all[0].Object == nil || all[0].Object.Actor == nil {
			t.Fatalf("sent %+v", all)
		}
		if doc := all[0].Object.Actor; doc.ID != ana.URI || doc.Name != "Ana M." || !doc.Locked || doc.Type != "Service" ||
			len(doc.Keys) != 1 || doc.Summary != now.Bio {
			t.Errorf("document %+v", doc)
		}
		login := must(v.store.LoginByAccount(t.Context(), ana.ID))
		if login.DefaultVisibility != "unlisted" || !login.DefaultSensitive || login.DefaultLanguage != "pt" {
			t.Errorf("preferences %+v", login)
		}

		kept := must(v.UpdateProfile(t.Context(), ana, Profile{DefaultLanguage: ptr("de")}))
		if kept.DisplayName != "Ana M." || !kept.Locked {
			t.Errorf("what was not named changed: %+v", kept)
		}
		v.sentNothing() // nobody else sees preferences
	})
}

// If this failed, profiles would grow without bounds.
func TestProfileLimits(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana := v.local("ana")
	for name, p := range map[string]Profile{
		"name":       {DisplayName: ptr(strings.Repeat("x", DisplayNameMax+1))},
		"bio":        {Bio: ptr(strings.Repeat("x", BioMax+1))},
		"fields":     {Fields: ptr(make([]Field, FieldsMax+1))},
		"field name": {Fields: &[]Field{{strings.Repeat("x", FieldMax+1), ""}}},
		"field":      {Fields: &[]Field{{"", strings.Repeat("x", FieldMax+1)}}},
		"visibility": {DefaultVisibility: ptr("secret")},
		"language":   {DefaultLanguage: ptr(strings.Repeat("x", 36))},
	} {
		if _, err := v.UpdateProfile(t.Context(), ana, p); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(v.UpdateProfile(t.Context(), ana, Profile{DisplayName: ptr(strings.Repeat("ж", DisplayNameMax)),
		Bio: ptr(strings.Repeat("ж", BioMax)), Fields: ptr(make([]Field, FieldsMax))}))
}

// If this failed, two programs that change different things at once would undo each other.
func TestProfileChangesAtTheSameTimeAreBothKept(t *testing.T) {
	v := newVillage(t, sqlite(t))
	ana := v.local("ana")
	var both sync.WaitGroup
	both.Go(func() { must(v.UpdateProfile(t.Context(), ana, Profile{DisplayName: ptr("Ana")})) })
	both.Go(func() { must(v.UpdateProfile(t.Context(), ana, Profile{Bio: ptr("hello")})) })
	both.Go(func() { must(v.UpdateProfile(t.Context(), ana, Profile{Discoverable: ptr(true)})) })
	both.Wait()
	if now := v.again(ana); now.DisplayName != "Ana" || now.BioSource != "hello" || !now.Discoverable {
		t.Errorf("profile %+v", now)
	}
}

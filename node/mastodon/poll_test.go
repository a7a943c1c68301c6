package mastodon

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/storage"
)

// tea is the form of a poll that lasts an hour.
func tea(more ...string) form {
	f := form{"status": {"which?"}, "poll[options][]": {"tea", "maté"}, "poll[expires_in]": {"3600"}}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// tally is what of a poll changes.
func tally(p map[string]any) []any {
	found := []any{p["votes_count"], p["voters_count"], p["voted"], p["own_votes"], p["expired"]}
	for _, o := range p["options"].([]any) {
		found = append(found, o.(map[string]any)["votes_count"])
	}
	return found
}

func TestPollsAreMadeAndVotedInThroughTheAPI(t *testing.T) {
	// If this failed, people could not ask each other, or an app would show somebody else's vote.
	v := newVillage(t)
	ana, ben, carl := v.person("ana"), v.person("ben"), v.person("carl")
	made := ana.post("/api/v1/statuses", tea()).object()
	id := made["id"].(string)
	asked := made["poll"].(map[string]any)
	if asked["id"] != id || asked["multiple"] != false || asked["expires_at"] == nil {
		t.Errorf("%v", asked)
	}
	is := func(who *client, want ...any) {
		t.Helper()
		alone := who.get("/api/v1/polls/" + id).object()
		if diff := cmp.Diff(want, tally(alone)); diff != "" {
			t.Error(diff)
		}
		within := who.get("/api/v1/statuses/" + id).object()["poll"].(map[string]any)
		if diff := cmp.Diff(alone, within); diff != "" {
			t.Errorf("in the status: %s", diff)
		}
	}
	none := []any{}
	is(ana, 0.0, nil, true, none, false, 0.0, 0.0)
	is(ben, 0.0, nil, false, none, false, 0.0, 0.0)
	is(v.stranger(), 0.0, nil, nil, nil, false, 0.0, 0.0)
	if diff := cmp.Diff([]any{1.0, nil, true, []any{1.0}, false, 0.0, 1.0}, tally(ben.post("/api/v1/polls/"+id+"/votes", form{"choices[]": {"1"}}).object())); diff != "" {
		t.Error(diff)
	}
	is(ben, 1.0, nil, true, []any{1.0}, false, 0.0, 1.0)
	is(carl, 1.0, nil, false, none, false, 0.0, 1.0)
	carl.post("/api/v1/polls/"+id+"/votes", map[string]any{"choices": []int{0}})
	is(carl, 2.0, nil, true, []any{0.0}, false, 1.0, 1.0)
	is(v.stranger(), 2.0, nil, nil, nil, false, 1.0, 1.0)
	ben.send("POST", "/api/v1/polls/"+id+"/votes", form{"choices[]": {"0"}}).says(422, "Validation failed: You have already voted on this poll")
	ana.send("POST", "/api/v1/polls/"+id+"/votes", form{"choices[]": {"0"}}).says(422, "Validation failed: You cannot vote in your own polls")
	for _, choice := range []string{"2", "-1", "tea", "99999999999999999999"} {
		v.person("p"+strings.Trim(choice, "-")[:1]).send("POST", "/api/v1/polls/"+id+"/votes", form{"choices[]": {choice}}).
			says(422, "Validation failed: The chosen vote option does not exist")
	}
	ben.post("/api/v1/polls/"+id+"/votes", nil)
	ben.send("POST", "/api/v1/polls/"+ben.toot("no poll")+"/votes", form{"choices[]": {"0"}}).says(404, "Record not found")
	v.stranger().send("POST", "/api/v1/polls/"+id+"/votes", form{"choices[]": {"0"}}).is(401)
	number, _ := ids.Parse(id)
	v.do(func(tx *storage.Tx) error {
		return tx.PutPoll(t.Context(), number, storage.Poll{Options: storage.Options{{Title: "tea"}, {Title: "maté"}}, ExpiresAt: storage.Now()})
	})
	is(carl, 2.0, nil, true, []any{0.0}, true, 1.0, 1.0)
	v.person("dan").send("POST", "/api/v1/polls/"+id+"/votes", form{"choices[]": {"0"}}).says(422, "Validation failed: The poll has already ended")
	golden(t, "Poll_voted", carl.get("/api/v1/polls/"+id))
}

func TestAPollOfManyChoicesMayKeepItsCountsSecret(t *testing.T) {
	// If this failed, people would vote as others do.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	id := ana.post("/api/v1/statuses", map[string]any{"status": "which?",
		"poll": map[string]any{"options": []string{"a", "b", "c"}, "expires_in": 300, "multiple": true, "hide_totals": true}}).object()["id"].(string)
	got := ben.post("/api/v1/polls/"+id+"/votes", form{"choices[]": {"2", "0"}}).object()
	if diff := cmp.Diff([]any{2.0, 1.0, true, []any{0.0, 2.0}, false, nil, nil, nil}, tally(got)); diff != "" {
		t.Error(diff)
	}
	got = ben.post("/api/v1/polls/"+id+"/votes", form{"choices[]": {"1"}}).object()
	if diff := cmp.Diff([]any{3.0, 1.0, true, []any{0.0, 1.0, 2.0}, false, nil, nil, nil}, tally(got)); diff != "" {
		t.Error(diff)
	}
}

func TestPollsThatCannotBeAreRefused(t *testing.T) {
	// If this failed, an app would believe that a question was asked that was not.
	v := newVillage(t)
	ana := v.person("ana")
	for says, f := range map[string]form{
		"Poll options must have more than one item":  {"status": {"x"}, "poll[options][]": {"a"}, "poll[expires_in]": {"3600"}},
		"Poll expires at can't be blank":             {"status": {"x"}, "poll[options][]": {"a", "b"}},
		"Poll expires at is too soon":                tea("poll[expires_in]", "299"),
		"Poll expires at is too far into the future": tea("poll[expires_in]", "2629747"),
		"Text can't be blank":                        tea("status", ""),
	} {
		ana.send("POST", "/api/v1/statuses", f).says(422, "Validation failed: "+says)
	}
	if got := ana.get("/api/v1/accounts/" + ana.id() + "/statuses").list(); len(got) != 0 {
		t.Errorf("%d posts were made", len(got))
	}
}

func TestAnEditKeepsChangesOrDropsAPoll(t *testing.T) {
	// If this failed, a corrected word would cost all votes, or votes count for what nobody chose.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	id := ana.post("/api/v1/statuses", tea()).object()["id"].(string)
	ben.post("/api/v1/polls/"+id+"/votes", form{"choices[]": {"0"}})
	edit := func(f form) any { return ana.send("PUT", "/api/v1/statuses/"+id, f).ok().object()["poll"] }
	if got := tally(edit(tea("status", "Which?")).(map[string]any)); got[0] != 1.0 || got[5] != 1.0 {
		t.Errorf("after a correction: %v", got)
	}
	other := tea()
	other["poll[options][]"] = []string{"coffee", "maté"}
	if got := tally(edit(other).(map[string]any)); got[0] != 0.0 || got[5] != 0.0 {
		t.Errorf("after other options: %v", got)
	}
	if got := tally(ben.get("/api/v1/polls/" + id).object()); got[2] != false {
		t.Errorf("ben's vote: %v", got)
	}
	if edit(form{"status": {"Never mind."}}) != nil {
		t.Error("the poll stays")
	}
	ben.send("GET", "/api/v1/polls/"+id, nil).is(404)
}

func TestAVoteElsewhereIsSeenByItsVoterAtOnce(t *testing.T) {
	// If this failed, an app would show no vote where somebody voted, or one to others that their
	// server does not know of.
	v := newVillage(t)
	ana, ben := v.person("ana"), v.person("ben")
	zoe := v.remote("zoe", "orchard.example")
	far := v.arrives(zoe, storage.NewStatus{Status: storage.Status{Content: "<p>which</p>", Type: "Question"},
		Poll: &storage.Poll{Options: storage.Options{{Title: "tea", Votes: 3}, {Title: " ma\u202e té", Votes: 4}}, Multiple: true, Voters: 5,
			ExpiresAt: storage.At(time.Now().Add(time.Hour)), CountedAt: storage.Now() - 10}})
	path := "/api/v1/polls/" + ids.Format(far.ID)
	voted := ana.post(path+"/votes", form{"choices[]": {"0", "1"}}).object()
	if diff := cmp.Diff([]any{9.0, 6.0, true, []any{0.0, 1.0}, false, 4.0, 5.0}, tally(voted)); diff != "" {
		t.Error(diff)
	}
	if title := voted["options"].([]any)[1].(map[string]any)["title"]; title != "ma té" {
		t.Errorf("the title is shown as %q", title)
	}
	if diff := cmp.Diff([]any{7.0, 5.0, false, []any{}, false, 3.0, 4.0}, tally(ben.get(path).object())); diff != "" {
		t.Errorf("to ben: %s", diff)
	}
	v.do(func(tx *storage.Tx) error { // zoe's server counted ana's votes
		return tx.PutPoll(t.Context(), far.ID, storage.Poll{Options: storage.Options{{Title: "tea", Votes: 4}, {Title: " ma\u202e té", Votes: 5}},
			Multiple: true, Voters: 6, ExpiresAt: storage.At(time.Now().Add(time.Hour)), CountedAt: storage.Now() + 1})
	})
	if diff := cmp.Diff([]any{9.0, 6.0, true, []any{0.0, 1.0}, false, 4.0, 5.0}, tally(ana.get(path).object())); diff != "" {
		t.Error(diff)
	}
}

func TestAPollIsMadeOnceForAKey(t *testing.T) {
	// If this failed, an app that tries again after a lost answer would ask twice.
	v := newVillage(t)
	ana := v.person("ana")
	send := func() any {
		r := httptest.NewRequest("POST", "/api/v1/statuses", strings.NewReader(tea().Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Idempotency-Key", "one")
		return ana.request(r).ok().object()["id"]
	}
	if a, b := send(), send(); a != b {
		t.Errorf("%v and %v", a, b)
	}
}

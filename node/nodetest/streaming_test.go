package nodetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"tulou/apps/people"
	"tulou/node"
	"tulou/storage"
)

func TestHomeIsStreamedAsItHappens(t *testing.T) {
	// If this failed, nobody would see anything new before they ask for it, or see what their
	// timeline does not have.
	bubble(t, func(t *testing.T, v *village) {
		harbor := v.start("harbor")
		v.start("orchard")
		ana, ben, bob := v.persons["ana"], v.persons["ben"], v.persons["bob"]
		ana.does("/api/v1/accounts/" + ben.id() + "/follow")
		ana.does("/api/v1/accounts/" + ana.knows(bob.handle()).ID + "/follow")
		w := ana.watches("user")
		mine := ana.publishes("from me")
		ben.publishes("from ben", "visibility", "private")
		far := bob.publishes("from far")
		bob.publishes("a note to myself", "visibility", "direct")
		w.mu.Lock()
		first := w.events[0]
		w.mu.Unlock()
		var same, want any
		check(t, json.Unmarshal([]byte(first.data), &same))
		ana.get("/api/v1/statuses/"+mine, &want)
		if diff := cmp.Diff(want, same, ignoring("last_status_at", "statuses_count")); diff != "" {
			t.Errorf("an event differs from the answer (-answer +event):\n%s", diff)
		}
		w.sees("update from me", "update from ben", "update from far")
		// Boosts, unless they are not wanted; what the boosted author is told; flags of one's own.
		ana.does("/api/v1/statuses/" + mine + "/favourite")
		ben.does("/api/v1/statuses/" + mine + "/reblog")
		events := w.take()
		if len(events) != 2 || events[0].event != "update" || events[1].event != "notification" {
			t.Fatalf("a boost: %v", events)
		}
		var boost status
		check(t, json.Unmarshal([]byte(events[0].data), &boost))
		if boost.Reblog == nil || !boost.Reblog.Favourited || !boost.Favourited || boost.Reblog.Boosts != 1 {
			t.Errorf("the boost: %s", events[0].data)
		}
		var told notification
		check(t, json.Unmarshal([]byte(events[1].data), &told))
		if told.Type != "reblog" || told.Account.Acct != "ben" || told.Status == nil || told.Status.ID != mine {
			t.Errorf("told: %s", events[1].data)
		}
		ana.does("/api/v1/accounts/"+ben.id()+"/follow", "reblogs", "false")
		ben.does("/api/v1/statuses/" + mine + "/unreblog")
		w.sees("delete")
		ben.does("/api/v1/statuses/" + mine + "/reblog")
		w.sees("notification")
		// Edits and deletions, of others too.
		there := ana.list("home")[0]
		if code := bob.call("PUT", "/api/v1/statuses/"+far, url.Values{"status": {"from further"}}, nil); code != 200 {
			t.Fatal(code)
		}
		w.sees("status.update from further")
		if code := bob.call("DELETE", "/api/v1/statuses/"+far, nil, nil); code != 200 {
			t.Fatal(code)
		}
		if events := w.take(); len(events) != 1 || events[0].event != "delete" || events[0].data != there.ID {
			t.Errorf("a deletion: %v", events)
		}
		// Muted and blocked people, their boosts, and hosts that are not wanted.
		ana.does("/api/v1/accounts/" + ben.id() + "/mute")
		ben.publishes("unheard")
		ana.does("/api/v1/accounts/" + ben.id() + "/unmute")
		ben.publishes("heard")
		w.sees("update heard")
		ben.does("/api/v1/accounts/" + ana.id() + "/block")
		ben.publishes("not for ana")
		harbor.stranger() // nobody else looks
		w.sees()
		ana.does("/api/v1/domain_blocks", "domain", "orchard.example")
		bob.publishes("from a host that is not wanted")
		w.sees()
		w.stop()
	})
}

// ignoring leaves out members that change with every post.
func ignoring(names ...string) cmp.Option {
	return cmp.FilterPath(func(p cmp.Path) bool {
		index, ok := p.Last().(cmp.MapIndex)
		return ok && slices.Contains(names, index.Key().String())
	}, cmp.Ignore())
}

func TestPublicStreamsShowWhatTimelinesShow(t *testing.T) {
	// If this failed, streams of everybody's posts would leave something out, or show what the
	// timeline of the same name would not.
	bubble(t, func(t *testing.T, v *village) {
		harbor := v.start("harbor")
		v.start("orchard")
		ana, ben, bob := v.persons["ana"], v.persons["ben"], v.persons["bob"]
		ben.does("/api/v1/accounts/" + ben.knows(bob.handle()).ID + "/follow")
		watchers := map[string]*watcher{}
		for _, path := range []string{"public", "public/local", "public/remote", "hashtag?tag=Tea", "hashtag/local?tag=%23tea", "public?only_media=true"} {
			watchers[path] = harbor.stranger().watches(path)
		}
		all := func(want map[string][]string) {
			t.Helper()
			for path, w := range watchers {
				w.sees(want[path]...)
			}
		}
		tea := ana.publishes("a cup of #tea")
		got := watchers["public"].take()
		if len(got) != 1 || strings.Contains(got[0].data, "favourited\"") {
			t.Errorf("a stranger is shown %v", got)
		}
		var want, same any
		harbor.stranger().get("/api/v1/statuses/"+tea, &want)
		check(t, json.Unmarshal([]byte(got[0].data), &same))
		if diff := cmp.Diff(want, same); diff != "" {
			t.Errorf("an event differs from the answer (-answer +event):\n%s", diff)
		}
		for _, path := range []string{"public/local", "hashtag?tag=Tea", "hashtag/local?tag=%23tea"} {
			if got := watchers[path].names(); len(got) != 1 {
				t.Errorf("%s: %v", path, got)
			}
		}
		ben.publishes("an answer", "in_reply_to_id", tea)
		ben.publishes("quiet #tea", "visibility", "unlisted")
		ben.publishes("for followers #tea", "visibility", "private")
		ben.publishes("@ana for you #tea", "visibility", "direct")
		ben.does("/api/v1/statuses/" + tea + "/reblog")
		all(nil)
		bob.publishes("from far")
		all(map[string][]string{"public": {"update from far"}, "public/remote": {"update from far"}})
		plain := ana.publishes("plain")
		all(map[string][]string{"public": {"update plain"}, "public/local": {"update plain"}})
		if code := ana.call("PUT", "/api/v1/statuses/"+plain, url.Values{"status": {"plainer"}}, nil); code != 200 {
			t.Fatal(code)
		}
		all(map[string][]string{"public": {"status.update plainer"}, "public/local": {"status.update plainer"}})
		if code := ana.call("DELETE", "/api/v1/statuses/"+plain, nil, nil); code != 200 {
			t.Fatal(code)
		}
		all(map[string][]string{"public": {"delete"}, "public/local": {"delete"}})
		for _, w := range watchers {
			w.stop()
		}
	})
}

func refusalsOf(w *watcher) []string {
	texts, _ := w.said()
	return texts
}

func TestASocketCarriesManyStreams(t *testing.T) {
	// If this failed, clients with columns would need a connection for each, or take events of one
	// stream for those of another.
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana, ben := v.persons["ana"], v.persons["ben"]
		ana.does("/api/v1/accounts/" + ben.id() + "/follow")
		w := ana.dials("?stream=public:local&access_token="+ana.token(), websocket.DialOptions{HTTPClient: ben.home.stranger().client})
		w.send(`{"type":"subscribe","stream":"user"}`)
		w.send(`{"type":"subscribe","stream":"hashtag","tag":"Tea"}`)
		w.send(`{"type":"subscribe","stream":"hashtag","tag":"Tea"}`)
		w.send(`{"type":"subscribe","stream":"user:notification"}`)
		w.send(`{"type":"subscribe","stream":"direct"}`)
		v.settle()
		ben.publishes("a #tea")
		got := w.names()
		slices.Sort(got)
		if len(got) != 3 || !strings.HasPrefix(got[0], "hashtag/tea: update") || !strings.HasPrefix(got[1], "public:local: update") ||
			!strings.HasPrefix(got[2], "user: update") {
			t.Errorf("a post is shown as %q", got)
		}
		ben.publishes("@ana psst", "visibility", "direct")
		events := w.take()
		full := func(e shown) string { return strings.Join(e.stream, "/") + " " + e.event }
		slices.SortFunc(events, func(a, b shown) int { return strings.Compare(full(a), full(b)) })
		names := []string{}
		for _, e := range events {
			names = append(names, full(e))
		}
		if diff := cmp.Diff([]string{"direct conversation", "user notification", "user update", "user:notification notification"}, names); diff != "" {
			t.Fatalf("a direct message (-want +got):\n%s", diff)
		}
		var same, want any
		check(t, json.Unmarshal([]byte(events[0].data), &same))
		var all []any
		ana.get("/api/v1/conversations", &all)
		if want = all[0]; cmp.Diff(want, same) != "" {
			t.Errorf("a conversation differs from the answer:\n%s", cmp.Diff(want, same))
		}
		check(t, json.Unmarshal([]byte(events[1].data), &same))
		ana.get("/api/v1/notifications", &all)
		if want = all[0]; cmp.Diff(want, same) != "" {
			t.Errorf("a notification differs from the answer:\n%s", cmp.Diff(want, same))
		}
		for _, stream := range []string{`"user"`, `"public:local"`, `"direct"`, `"user:notification"`} {
			w.send(`{"type":"unsubscribe","stream":` + stream + `}`)
		}
		v.settle()
		ben.publishes("another #tea")
		if got := w.names(); len(got) != 1 || !strings.HasPrefix(got[0], "hashtag/tea: update") {
			t.Errorf("what was not unsubscribed: %q", got)
		}
		for _, wrong := range []string{
			`{"type":"subscribe","stream":"nonsense"}`, `{"type":"subscribe","stream":"hashtag"}`, `{"type":"subscribe","stream":"list","list":"1"}`,
			`{"type":"dance"}`, `nonsense`,
		} {
			w.send(wrong)
		}
		w.sees()
		if diff := cmp.Diff([]string{
			`{"error":"Unknown stream type","status":400}`, `{"error":"Missing tag name parameter","status":400}`, `{"error":"Record not found","status":404}`,
			`{"error":"commands are subscribe and unsubscribe","status":400}`, `{"error":"this is not a command in JSON","status":400}`,
		}, refusalsOf(w)); diff != "" {
			t.Errorf("refusals (-want +got):\n%s", diff)
		}
		if w.ended() != nil {
			t.Errorf("a wrong command ends the socket: %v", w.ended())
		}
		// The ways in which browsers bring the token, from any origin, and strangers.
		elsewhere := http.Header{"Origin": {"https://client.example"}}
		for _, options := range []websocket.DialOptions{
			{HTTPHeader: elsewhere},
			{HTTPHeader: elsewhere, Subprotocols: []string{ana.token()}, HTTPClient: ben.home.stranger().client},
		} {
			each := ana.dials("?stream=user", options)
			ana.publishes("me")
			each.sees("user: update me")
			each.stop()
		}
		stranger := ben.home.stranger().dials("", websocket.DialOptions{})
		stranger.send(`{"type":"subscribe","stream":"user"}`)
		stranger.send(`{"type":"subscribe","stream":"public"}`)
		v.settle()
		ana.publishes("for all")
		stranger.sees("public: update for all")
		if got := refusalsOf(stranger); len(got) != 1 || !strings.Contains(got[0], "The access token is invalid") {
			t.Errorf("a stranger's home: %q", got)
		}
		// Who floods is cut off.
		for range 129 {
			stranger.send(`{"type":"dance"}`)
		}
		v.settle()
		if got := websocket.CloseStatus(stranger.ended()); got != websocket.StatusPolicyViolation {
			t.Errorf("a flood ends with %v", stranger.ended())
		}
		w.stop()
	})
}

func TestTheNodeSaysWhereItsStreamsAre(t *testing.T) {
	// If this failed, apps would not find the streams, or programs in browsers not be let in.
	bubble(t, func(t *testing.T, v *village) {
		stranger := v.start("harbor").stranger()
		var now struct {
			Configuration struct{ URLs struct{ Streaming string } }
		}
		stranger.get("/api/v2/instance", &now)
		var before struct {
			URLs struct {
				Streaming string `json:"streaming_api"`
			}
		}
		stranger.get("/api/v1/instance", &before)
		if now.Configuration.URLs.Streaming != "wss://harbor.example" || before.URLs.Streaming != "wss://harbor.example" {
			t.Errorf("streams are at %v and %v", now, before)
		}
		preflight := must(http.NewRequestWithContext(t.Context(), "OPTIONS", "https://harbor.example/api/v1/streaming/user", nil))
		preflight.Header.Set("Origin", "https://client.example")
		preflight.Header.Set("Access-Control-Request-Headers", "authorization")
		answer := must(stranger.client.Do(preflight))
		answer.Body.Close()
		if answer.StatusCode != 204 || !strings.Contains(answer.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("a browser that asks first: %d %v", answer.StatusCode, answer.Header)
		}
		head := must(http.NewRequestWithContext(t.Context(), "HEAD", "https://harbor.example/api/v1/streaming/public", nil))
		if answer = must(stranger.client.Do(head)); answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("a head: %d %v", answer.StatusCode, answer.Header)
		}
		answer.Body.Close()
		stranger.client.CloseIdleConnections()
	})
}

func TestA123NoStreamWithoutItsScope(t *testing.T) {
	// If this failed, a program that was never allowed to read could read by looking (A123, A136).
	bubble(t, func(t *testing.T, v *village) {
		harbor := v.start("harbor")
		ana := v.persons["ana"]
		list := ana.lists(false)
		rows := map[string][]string{
			"user": {"read:statuses", "read"}, "user/notification": {"read:notifications", "read"}, "direct": {"read:statuses"},
			"list?list=" + list: {"read:statuses", "read"}, "public": {"read:statuses", "read"}, "public/local": {"read:statuses"},
			"public/remote": {"read:statuses"}, "hashtag?tag=x": {"read:statuses"}, "hashtag/local?tag=x": {"read:statuses"},
			"public?only_media=1": {"read:statuses"},
		}
		answers := func(p *person, path string, want int) {
			t.Helper()
			answer, stop := p.opens(path)
			if answer.StatusCode != want {
				t.Errorf("%s %s: %d, want %d", p, path, answer.StatusCode, want)
			}
			stop()
			answer.Body.Close()
		}
		nothing, others := ana.with("write follow push"), ana.with("read:accounts read:search read:lists")
		for path, enough := range rows {
			answers(nothing, path, 403)
			answers(others, path, 403)
			for _, scope := range enough {
				answers(ana.with(scope), path, 200)
			}
			stranger := 401
			if strings.HasPrefix(path, "public") || strings.HasPrefix(path, "hashtag") {
				stranger = 200
			}
			answers(harbor.stranger(), path, stranger)
		}
		v.settle() // what was given up is gone
		answers(v.persons["ben"], "list?list="+list, 404)
		answers(ana, "list?list=1", 404)
		answers(ana, "hashtag", 400)
		answers(ana, "nonsense", 404)
		// On a socket, too, also with commands; and the home of a token that may not read
		// notifications has none.
		w := nothing.dials("", websocket.DialOptions{})
		for _, stream := range []string{"user", "public", "public:local:media", "user:notification", "direct"} {
			w.send(`{"type":"subscribe","stream":"` + stream + `"}`)
		}
		w.send(`{"type":"subscribe","stream":"hashtag","tag":"x"}`)
		half := ana.with("read:statuses").watches("user")
		whole := ana.watches("user")
		v.persons["ben"].publishes("@ana hello #x")
		w.sees()
		if got := refusalsOf(w); len(got) != 6 || !strings.Contains(got[1], "outside the authorized scopes") {
			t.Errorf("refused: %q", got)
		}
		half.sees()
		if got := whole.take(); len(got) != 1 || got[0].event != "notification" {
			t.Errorf("with every scope: %v", got)
		}
		for _, each := range []*watcher{w, half, whole} {
			each.stop()
		}
	})
}

// observed brings a node back that looks at what other processes did every second, as it does
// without a test.
func observed(h *house) {
	h.down()
	t := h.village.t
	n, err := node.New(t.Context(), config(h.name, h.dir), node.Deps{
		Log: logs(t, h.name), DialContext: h.village.network.from(h.name), RootCAs: authority().roots})
	check(t, err)
	h.node = n
	h.db = must(sql.Open("sqlite", "file:"+filepath.Join(h.dir, "tulou.db")+"?mode=ro"))
	h.run(h.village.network.listen(h.host()))
	synctest.Wait()
}

func TestA121StreamsEndWithTheirTokenWithinTwoSeconds(t *testing.T) {
	// If this failed, whoever was signed out, suspended or deleted would go on reading (A121, A124),
	// also if that was done beside the running node.
	beside := func(do func(ctx context.Context, n *node.Node, p *person) error) func(t *testing.T, p *person) {
		return func(t *testing.T, p *person) {
			operator, err := node.New(t.Context(), config("harbor", p.home.dir), node.Deps{Log: logs(t, "operator")})
			check(t, err)
			defer operator.Close()
			check(t, do(t.Context(), operator, p))
		}
	}
	for name, end := range map[string]func(t *testing.T, p *person){
		"revoked by itself": func(t *testing.T, p *person) {
			check(t, p.home.node.Store().Tx(t.Context(), func(tx *storage.Tx) error {
				token := must(tx.TokenByHash(t.Context(), people.SecretHash(p.token())))
				return tx.RevokeToken(t.Context(), token.Hash, token.AppID)
			}))
		},
		"suspended beside": beside(func(ctx context.Context, n *node.Node, p *person) error {
			_, err := n.Suspend(ctx, p.name, true)
			return err
		}),
		"password changed beside": beside(func(ctx context.Context, n *node.Node, p *person) error {
			_, err := n.SetPassword(ctx, p.name, "another long password")
			return err
		}),
		"deleted beside": beside(func(ctx context.Context, n *node.Node, p *person) error {
			_, err := n.DeleteUser(ctx, p.name)
			return err
		}),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, v *village) {
				observed(v.start("harbor"))
				ana, ben := v.persons["ana"], v.persons["ben"]
				watchers := []*watcher{ana.watches("user"), ana.watches("public"), ana.dials("?stream=user", websocket.DialOptions{})}
				others := []*watcher{ben.watches("user"), ben.home.stranger().watches("public")}
				time.Sleep(10 * time.Minute) // longer than any time limit of requests
				ben.publishes("before")
				watchers[1].sees("update before")
				end(t, ana)
				time.Sleep(2 * time.Second)
				for i, w := range watchers {
					if w.ended() == nil {
						t.Errorf("stream %d is open", i)
					}
				}
				if got, retry := watchers[0].said(); !strings.Contains(got[len(got)-1], "not valid any more") || retry != "" {
					t.Errorf("an event stream ends with %q %q", got, retry)
				}
				if got := websocket.CloseStatus(watchers[2].ended()); got != websocket.StatusPolicyViolation {
					t.Errorf("a socket ends with %v", watchers[2].ended())
				}
				answer, stop := ana.opens("user")
				if answer.StatusCode != 401 && answer.StatusCode != 403 {
					t.Errorf("opening it again: %d", answer.StatusCode)
				}
				stop()
				answer.Body.Close()
				ben.publishes("after")
				for i, w := range others {
					if w.ended() != nil {
						t.Errorf("stream %d of others is over: %v", i, w.ended())
					}
					w.stop()
				}
			})
		})
	}
}

func TestAStoppingNodeSendsItsStreamsHomeWithAHint(t *testing.T) {
	// If this failed, a restart would wait for every reader, or all would come back in one instant.
	bubble(t, func(t *testing.T, v *village) {
		harbor := v.start("harbor")
		ana := v.persons["ana"]
		w, socket := ana.watches("user"), ana.dials("?stream=user", websocket.DialOptions{})
		time.Sleep(5 * time.Minute)
		if got, _ := w.said(); len(got) < 20 || got[1] != "thump" || w.ended() != nil {
			t.Errorf("signs of life in five minutes: %q", got)
		}
		began := time.Now()
		harbor.down()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("stopping took %s", took)
		}
		if got, retry := w.said(); !errors.Is(w.ended(), io.EOF) || len(retry) < 4 || !strings.Contains(got[len(got)-1], "restarted") {
			t.Errorf("the end: %v %q %q", w.ended(), retry, got)
		}
		if got := websocket.CloseStatus(socket.ended()); got != websocket.StatusServiceRestart {
			t.Errorf("the socket's end: %v", socket.ended())
		}
		harbor.up()
		again := ana.watches("user")
		ana.publishes("again")
		again.sees("update again")
		again.stop()
	})
}

func TestListsAndFiltersAreStreamed(t *testing.T) {
	// If this failed, lists would stand still, or show what they leave out.
	bubble(t, func(t *testing.T, v *village) {
		harbor := v.start("harbor")
		v.start("orchard")
		ana, ben, bob := v.persons["ana"], v.persons["ben"], v.persons["bob"]
		for _, id := range []string{ben.id(), ana.knows(bob.handle()).ID} {
			ana.does("/api/v1/accounts/" + id + "/follow")
		}
		list := ana.lists(true, ben)
		w, home := ana.dials("?stream=list&list="+list, websocket.DialOptions{}), ana.watches("user")
		id := ben.publishes("from ben")
		bob.publishes("from far")
		w.sees("list/" + list + ": update from ben")
		home.sees("update from far")
		ben.publishes("an answer", "in_reply_to_id", ana.list("home")[0].ID)
		w.sees()
		home.sees()
		if code := ben.call("DELETE", "/api/v1/statuses/"+id, nil, nil); code != 200 {
			t.Fatal(code)
		}
		w.sees("list/" + list + ": delete")
		ana.does("/api/v1/accounts/" + ben.id() + "/mute")
		ben.publishes("unheard")
		w.sees()
		check(t, harbor.node.Store().Tx(t.Context(), func(tx *storage.Tx) error {
			account := must(tx.AccountByURI(t.Context(), harbor.base+"/users/ana"))
			return tx.FiltersChanged(t.Context(), account.ID)
		}))
		home.sees("filters_changed")
		w.stop()
		home.stop()
	})
}

func TestAnnouncementsAreStreamed(t *testing.T) {
	// If this failed, people would learn of an announcement when they start their app anew.
	bubble(t, func(t *testing.T, v *village) {
		observed(v.start("harbor"))
		ana, ben := v.persons["ana"], v.persons["ben"]
		watchers := []*watcher{ana.watches("user"), ben.watches("user"), ana.watches("user/notification"), ben.watches("public")}
		beside := must(node.New(t.Context(), config("harbor", ana.home.dir), node.Deps{Log: logs(t, "operator")}))
		defer beside.Close()
		var made storage.Announcement
		operator := func(fn func(tx *storage.Tx) error) {
			t.Helper()
			check(t, beside.Store().Tx(t.Context(), fn))
			time.Sleep(2 * time.Second)
		}
		all := func(event, data string) {
			t.Helper()
			for i, w := range watchers {
				got := w.take()
				if i > 1 {
					if len(got) != 0 {
						t.Errorf("watcher %d is shown %v", i, got)
					}
				} else if len(got) != 1 || got[0].event != event || !strings.Contains(got[0].data, data) {
					t.Errorf("watcher %d is shown %v, want %s", i, got, event)
				}
			}
		}
		operator(func(tx *storage.Tx) (err error) {
			made, err = tx.CreateAnnouncement(t.Context(), storage.Announcement{Body: "tea", Content: "<p>tea</p>"})
			return err
		})
		all("announcement", `"content":"<p>tea</p>"`)
		id := fmt.Sprint(made.ID)
		if code := ben.call("PUT", "/api/v1/announcements/"+id+"/reactions/"+url.PathEscape("👍"), nil, nil); code != 200 {
			t.Fatal(code)
		}
		all("announcement.reaction", `{"name":"👍","count":1,"announcement_id":"`+id+`"}`)
		operator(func(tx *storage.Tx) error { return tx.DeleteAnnouncement(t.Context(), made.ID) })
		all("announcement.delete", id)
		for _, w := range watchers {
			w.stop()
		}
	})
}

func TestAPrivateNodeStreamsNothingToStrangers(t *testing.T) {
	// If this failed, what a family says among themselves could be read by anybody who waits.
	bubble(t, func(t *testing.T, v *village) {
		harbor := v.start("harbor")
		harbor.down()
		private := config("harbor", harbor.dir)
		private.Private = true
		harbor.node = must(node.New(t.Context(), private, node.Deps{
			Log: logs(t, "harbor"), DialContext: v.network.from("harbor"), RootCAs: authority().roots, Poll: poll}))
		harbor.db = must(sql.Open("sqlite", "file:"+filepath.Join(harbor.dir, "tulou.db")+"?mode=ro"))
		harbor.run(v.network.listen(harbor.host()))
		for _, path := range []string{"public", "public/local", "public/remote", "hashtag?tag=tea", "hashtag/local?tag=tea"} {
			answer, stop := harbor.stranger().opens(path)
			if answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: %d", path, answer.StatusCode)
			}
			stop()
			answer.Body.Close()
		}
		_, answer, err := websocket.Dial(t.Context(), "wss://harbor.example/api/v1/streaming", &websocket.DialOptions{HTTPClient: harbor.stranger().client})
		if err == nil || answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("a socket: %v", answer)
		}
		w := v.persons["ana"].watches("public")
		v.persons["ben"].publishes("among us")
		w.sees("update among us")
		w.stop()
	})
}

func TestFiltersMarkWhatStreamsShow(t *testing.T) {
	// If this failed, what somebody does not want to read would be on top of their timeline.
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana, ben := v.persons["ana"], v.persons["ben"]
		filtered, plain := ana.watches("public"), ben.watches("public")
		ana.does("/api/v2/filters", "title", "no tea", "context[]", "public", "keywords_attributes[0][keyword]", "tea")
		marks := func(w *watcher) (marks []bool) {
			for _, e := range w.take() {
				marks = append(marks, strings.Contains(e.data, `"filtered":[{"filter":{`) && strings.Contains(e.data, `"title":"no tea"`))
			}
			return marks
		}
		ben.publishes("a cup of tea")
		ben.publishes("a cup of coffee")
		if got := marks(filtered); !slices.Equal(got, []bool{true, false}) {
			t.Errorf("who filters is shown %v", got)
		}
		if got := marks(plain); !slices.Equal(got, []bool{false, false}) {
			t.Errorf("who does not is shown %v", got)
		}
		filtered.stop()
		plain.stop()
	})
}

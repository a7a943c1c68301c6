package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
	"tulou/storage"
)

// freePorts returns the first of n neighbouring ports that nobody listens on just now.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for range 100 {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := first.Addr().(*net.TCPAddr).Port
		held := []net.Listener{first}
		for i := 1; i < n; i++ {
			if next, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+i)); err == nil {
				held = append(held, next)
			}
		}
		for _, l := range held {
			l.Close()
		}
		if len(held) == n {
			return port
		}
	}
	t.Fatal("no neighbouring free ports")
	return 0
}

func start(t *testing.T, config Config) *Village {
	t.Helper()
	config.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	v, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// homeOf returns what the source texts of somebody's home timeline are, by author.
func homeOf(t *testing.T, v *Village, who int) map[string][]string {
	t.Helper()
	ctx := t.Context()
	n := v.nodes[who/perNode]
	self, err := n.Store().AccountByURI(ctx, v.People[who].Actor)
	if err != nil {
		t.Fatal(err)
	}
	stamps, err := n.Store().Home(ctx, self.ID, storage.Page{Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	posts, err := n.Store().Statuses(ctx, stamps)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, s := range posts {
		author, err := n.Store().AccountByID(ctx, s.AccountID)
		if err != nil {
			t.Fatal(err)
		}
		found[author.Name] = append(found[author.Name], s.Content)
	}
	return found
}

// If this failed, the first thing that a newcomer sees would be nodes that do not talk.
func TestVillageHasTalkedAcrossNodesWhenItIsReady(t *testing.T) {
	v := start(t, Config{Nodes: 2, Port: freePorts(t, 2)})
	defer func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(v.dir); err == nil {
			t.Errorf("%s is still there", v.dir)
		}
	}()
	ana, iris := 0, perNode
	home := homeOf(t, v, iris)
	if !slices.ContainsFunc(home["ana"], func(html string) bool { return strings.Contains(html, "The keel is laid.") }) {
		t.Errorf("ana's first post did not reach iris: %q", home)
	}
	home = homeOf(t, v, ana)
	if !slices.ContainsFunc(home["iris"], func(html string) bool {
		return strings.Contains(html, "🍎") && strings.Contains(html, "<strong>heroic</strong>")
	}) {
		t.Errorf("iris' apples did not reach ana: %q", home)
	}
	sea := only(t, v, 0, "一张没有写过的纸")
	copied, err := v.nodes[1].Store().StatusByURI(t.Context(), sea.URI)
	if err != nil || copied.Content != sea.Content || copied.Language != "zh" {
		t.Errorf("the sea is %q, and elsewhere %q (%v)", sea.Content, copied.Content, err)
	}
	if sea.LikesCount != 1 || sea.BoostsCount != 1 {
		t.Errorf("the sea has %d likes and %d boosts from the other node, want 1 and 1", sea.LikesCount, sea.BoostsCount)
	}
	if keel := only(t, v, 0, "The keel is laid"); keel.RepliesCount != 2 || keel.LikesCount != 4 {
		t.Errorf("the keel has %d replies and %d likes, want 2 and 4", keel.RepliesCount, keel.LikesCount)
	}
	if soup := only(t, v, 1, "An onion soup"); soup.Spoiler == "" || !soup.Sensitive {
		t.Errorf("the soup has no content warning: %+v", soup)
	}
	if dead, err := v.nodes[0].Store().DeadJobs(t.Context(), 10); err != nil || len(dead) > 0 {
		t.Errorf("dead jobs: %v %v", dead, err)
	}
}

// only finds a public post by what it says.
func only(t *testing.T, v *Village, home int, text string) storage.Status {
	t.Helper()
	store := v.nodes[home].Store()
	stamps, err := store.Public(t.Context(), 0, storage.LocalOnly, storage.Page{Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	posts, err := store.Statuses(t.Context(), stamps)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(posts, func(s storage.Status) bool { return strings.Contains(s.Content, text) })
	if at < 0 {
		t.Fatalf("nobody on %s says %q", v.Homes[home].Name, text)
	}
	return posts[at]
}

// If this failed, who tries the demo could not make an account: its mails go nowhere.
func TestAnybodyJoinsAVillageWithItsInvitation(t *testing.T) {
	v := start(t, Config{Nodes: 2, Port: freePorts(t, 2)})
	defer v.Close()
	link, err := v.Invitation(t.Context())
	if err != nil || !strings.HasPrefix(link, v.Homes[0].URL+"/invite/") {
		t.Fatalf("%q %v", link, err)
	}
	form := url.Values{"username": {"zoe"}, "email": {"zoe@mail.example"}, "password": {"correct horse battery"}, "agreement": {"1"}}
	r := httptest.NewRequestWithContext(t.Context(), "POST", link, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	v.nodes[0].Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Welcome") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// If this failed, a village that was kept would come back with other passwords, or twice.
func TestKeptVillageComesBackWithTheSamePeople(t *testing.T) {
	config := Config{Nodes: 3, Port: freePorts(t, 3), Dir: filepath.Join(t.TempDir(), "village")}
	v := start(t, config)
	people, homes := v.People, v.Homes
	if len(people) != 3*perNode {
		t.Errorf("%d people, want %d", len(people), 3*perNode)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(config.Dir, keptFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v %v", keptFile, info, err)
	}
	v = start(t, config)
	defer v.Close()
	if diff := cmp.Diff(people, v.People) + cmp.Diff(homes, v.Homes); diff != "" {
		t.Error(diff)
	}
	request, _ := http.NewRequestWithContext(t.Context(), "GET", "http://"+net.JoinHostPort("127.0.0.1", fmt.Sprint(config.Port))+"/users/ana", nil)
	request.Host = strings.TrimPrefix(homes[0].URL, "http://")
	request.Header.Set("Accept", "application/activity+json")
	res, err := new(http.Transport).RoundTrip(request)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("ana is not served: %v %v", res, err)
	}
	res.Body.Close()
}

// If this failed, somebody's folder could be mixed up, or a demo could start that cannot work.
func TestVillageThatCannotBeIsRefused(t *testing.T) {
	unfinished := t.TempDir()
	if err := os.Mkdir(filepath.Join(unfinished, places[0]), 0o700); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, keptFile), []byte(`{"port":9000,"nodes":[{},{},{}],"people":[{}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   Config
		code fault.Code
		says string
	}{
		{"one node", Config{Nodes: 1, Port: 9000}, fault.Invalid, "2 to 6"},
		{"seven nodes", Config{Nodes: 7, Port: 9000}, fault.Invalid, "2 to 6"},
		{"no port", Config{Nodes: 2, Port: 65535}, fault.Invalid, "ports"},
		{"unfinished", Config{Nodes: 2, Port: 9000, Dir: unfinished}, fault.Conflict, "not finished"},
		{"another size", Config{Nodes: 2, Port: 9000, Dir: other}, fault.Conflict, "--nodes 3 --port 9000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Log = slog.New(slog.DiscardHandler)
			v, err := Start(context.Background(), c.in)
			if v != nil || !fault.Is(err, c.code) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// If this failed, a line of the script would never be said, or a name would stay in braces.
func TestScriptNamesOnlyPeopleAndPostsThatAre(t *testing.T) {
	names, posts := map[string]bool{}, map[string]bool{"": true}
	for _, place := range places {
		for _, c := range cast[place] {
			if names[c.name] || c.display == "" || c.bio == "" {
				t.Errorf("%s: twice, or unfinished", c.name)
			}
			names[c.name] = true
		}
	}
	for _, act := range script {
		for _, l := range act {
			if !names[l.who] {
				t.Errorf("nobody is called %s", l.who)
			}
			for _, word := range nameInBraces.FindAllStringSubmatch(l.say, -1) {
				if !names[word[1]] {
					t.Errorf("nobody is called %s", word[1])
				}
			}
			if word := l.to + l.boost + l.like + l.votes; !posts[word] {
				t.Errorf("%s: no post %q was written before", l.who, word)
			}
		}
		for _, l := range act {
			posts[l.as] = true
		}
	}
}

// If this failed, the village would look like one of those where nobody shows anything, or where
// pictures have no words.
func TestPicturesAreShownAcrossNodes(t *testing.T) {
	v := start(t, Config{Nodes: 2, Port: freePorts(t, 2)})
	defer v.Close()
	for home, text := range []string{"一张没有写过的纸", "First crates"} {
		posted := only(t, v, home, text)
		for _, n := range v.nodes {
			here, err := n.Store().StatusByURI(t.Context(), posted.URI)
			if err != nil {
				t.Fatal(err)
			}
			of, err := n.Store().Attachments(t.Context(), []int64{here.ID})
			if m := of[here.ID]; err != nil || len(m) != 1 || m[0].Kind != storage.KindImage || len(m[0].Description) < 20 || m[0].Width != pictureWidth || m[0].Blurhash == "" {
				t.Errorf("%s: %+v %v", text, m, err)
			}
		}
	}
	for i, p := range v.People {
		self, err := v.nodes[i/perNode].Store().AccountByURI(t.Context(), p.Actor)
		if err != nil || !strings.HasPrefix(self.Header, "/media/") || !strings.HasPrefix(self.Avatar, "/media/") {
			t.Errorf("%s has the header %q and the avatar %q (%v)", p.Handle, self.Header, self.Avatar, err)
		}
	}
}

// If this failed, the first thing that the web client has to show, friends and Moments, would be an
// empty page in the demo.
func TestFriendsShowEachOtherMoments(t *testing.T) {
	v := start(t, Config{Nodes: 3, Port: freePorts(t, 3)})
	defer v.Close()
	ctx, n := t.Context(), v.nodes[0]
	ana, err := n.Store().AccountByURI(ctx, v.People[0].Actor)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := n.Store().MomentsShown(ctx, ana.ID, storage.Page{Limit: 40})
	if err != nil {
		t.Fatal(err)
	}
	texts, pictures, comments := "", 0, 0
	for _, m := range seen {
		texts += m.Body + "\n"
		media, err := n.Store().MomentMediaOf(ctx, []int64{m.ID})
		if err != nil {
			t.Fatal(err)
		}
		said, err := n.Store().MomentCommentsShown(ctx, ana.ID, []int64{m.ID})
		if err != nil {
			t.Fatal(err)
		}
		pictures, comments = pictures+len(media[m.ID]), comments+len(said[m.ID])
	}
	for _, want := range []string{"夜市亮灯了", "Last light", "All eighteen ribs", "The wall behind"} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q is not among what ana sees: %s", want, texts)
		}
	}
	if pictures < 10 || comments < 5 {
		t.Errorf("ana sees %d pictures and %d comments", pictures, comments)
	}
	var waiting, friends int
	if waiting, err = n.Store().CountFriends(ctx, ana.ID, storage.FriendAsking); err == nil {
		friends, err = n.Store().CountFriends(ctx, ana.ID, storage.FriendBoth)
	}
	if err != nil || waiting != 2 || friends != 5 {
		t.Errorf("ana has %d friends and %d requests, want 5 and 2 (%v)", friends, waiting, err)
	}
}

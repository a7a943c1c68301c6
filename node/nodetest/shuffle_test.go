package nodetest

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tulou/node/nodetest/peer"
)

// deed is an activity that some actor of another server sends, at some moment.
type deed struct {
	name     string
	by       *peer.Actor
	activity map[string]any
}

// deeds are what three actors did: posts that answer each other, edits, reactions and their
// undoing, deletions, follows. Whatever has to do with a thing in two ways is in here in both.
func deeds(s *stage) []deed {
	at := time.Now()
	stamp := func(after time.Duration) string { return at.Add(after).UTC().Format("2006-01-02T15:04:05.000Z") }
	actors := []*peer.Actor{s.victim, s.good.Actor("yara"), s.evil.Actor("zoe")}
	var all []deed
	add := func(name string, by *peer.Actor, activity map[string]any) {
		all = append(all, deed{by.Name + " " + name, by, activity})
	}
	// do makes an activity whose id is the same in every village.
	do := func(a *peer.Actor, kind, key string, object any, more map[string]any) map[string]any {
		activity := a.Do(kind, object, more)
		activity["id"] = a.ID + "/activities/" + kind + "-" + key
		return activity
	}
	toAna := map[string]string{s.ana.actor(): "@ana@harbor.example"}
	note := func(a *peer.Actor, key, parent string, minute int) map[string]any {
		n := a.Note(key, "<p>"+a.Name+" "+key+"</p>", toAna)
		n["published"] = stamp(-time.Hour + time.Duration(minute)*time.Minute)
		if parent != "" {
			n["inReplyTo"] = parent
		}
		return n
	}
	minute := 0
	parent := s.public.uri
	for _, a := range actors {
		public := map[string]any{"to": []any{everybody}, "published": stamp(-time.Minute)}
		for _, key := range []string{"a", "b"} {
			minute++
			n := note(a, key, parent, minute)
			add("writes "+key, a, a.Create(n))
			parent = a.Peer.Put(n) // an answer that comes first has its parent fetched
			for version := 1; version <= 2; version++ {
				edited := maps.Clone(n)
				edited["content"], edited["updated"] = fmt.Sprintf("<p>%s %s, edit %d</p>", a.Name, key, version), stamp(-time.Minute*time.Duration(10-version))
				add(fmt.Sprint("edits ", key, version), a, do(a, "Update", fmt.Sprint(key, version), edited, nil))
			}
		}
		minute++
		gone := note(a, "gone", s.public.uri, minute)
		add("writes gone", a, a.Create(gone))
		add("deletes gone", a, do(a, "Delete", "gone", map[string]any{"id": gone["id"], "type": "Tombstone"}, nil))
		add("likes public", a, do(a, "Like", "public", s.public.uri, nil))
		add("boosts public", a, do(a, "Announce", "public", s.public.uri, public))
		add("follows ana", a, do(a, "Follow", "ana", s.ana.actor(), nil))
		for kind, object := range map[string]string{"Like": s.open.uri, "Announce": s.open.uri} {
			undone := do(a, kind, "open", object, public)
			add(kind+"s open", a, undone)
			add("undoes "+kind+" open", a, do(a, "Undo", kind, bare(undone), nil))
		}
	}
	slices.SortStableFunc(all, func(a, b deed) int { return strings.Compare(a.name, b.name) })
	slices.SortStableFunc(all, func(a, b deed) int { return strings.Compare(a.undoes(), b.undoes()) })
	return all
}

// undoes sorts what takes something back, or changes it, behind the rest.
func (d deed) undoes() string {
	_, verb, _ := strings.Cut(d.name, " ")
	for i, late := range []string{"edits", "deletes", "undoes"} {
		if strings.HasPrefix(verb, late) {
			return fmt.Sprint(i + 1)
		}
	}
	return ""
}

// bare is an activity as it stands inside another.
func bare(activity map[string]any) map[string]any {
	inner := maps.Clone(activity)
	delete(inner, "@context")
	return inner
}

// final is what is to be seen in the end, without what depends on the moment of arrival.
func (s *stage) final() []string {
	var seen []string
	add := func(format string, args ...any) { seen = append(seen, fmt.Sprintf(format, args...)) }
	for _, p := range []*person{s.ana, s.ben} {
		for _, place := range []string{"home", "public", "ana"} {
			var uris []string
			for _, one := range p.list(place) {
				uris = append(uris, one.URI)
			}
			slices.Sort(uris)
			add("%s %s: %s", p, place, strings.Join(uris, " "))
		}
		var told []notification
		p.get("/api/v1/notifications?limit=80", &told)
		for _, n := range told {
			about := ""
			if n.Status != nil {
				about = n.Status.URI
			}
			add("%s told %s by %s about %s", p, n.Type, n.Account.URI, about)
		}
	}
	for _, one := range s.ana.list("public") {
		var around thread
		s.ana.get("/api/v1/statuses/"+one.ID+"/context", &around)
		line := fmt.Sprintf("%s: %q %d replies %d boosts %d likes, edited %v;", one.URI, one.Content, one.Replies, one.Boosts, one.Likes, one.EditedAt != nil)
		for _, above := range around.Ancestors {
			line += " < " + above.URI
		}
		seen = append(seen, line)
	}
	for _, who := range []string{s.ana.handle(), s.ben.handle()} {
		a := s.ana.knows(who)
		add("%s: %d followers, %d posts", who, a.Followers, a.Statuses)
	}
	for i, line := range seen {
		for name, q := range map[string]*post{"PUBLIC": s.public, "PRIVATE": s.private, "SECRET": s.secret} {
			line = strings.ReplaceAll(line, q.uri, name)
		}
		seen[i] = line
	}
	slices.Sort(seen)
	return seen
}

// arrive sends deeds to a new node in an order and returns what is to be seen in the end. The order
// names deeds by number, some of them more than once; nil is all of them once.
func arrive(t *testing.T, order, delays []int) (seen, names []string) {
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		all := deeds(s)
		for i := range all {
			if len(order) == i {
				order = append(order, i)
			}
		}
		for step, i := range order {
			d := all[i%len(all)]
			names = append(names, d.name)
			inbox := sharedInbox
			if i%7 == 3 {
				inbox = s.ana.actor() + "/inbox"
			}
			if code := s.sendsTo(inbox, d.by, d.activity); code != http.StatusAccepted {
				t.Errorf("%s: %d", d.name, code)
			}
			if len(delays) > 0 {
				time.Sleep(time.Duration(delays[step%len(delays)]) * time.Millisecond)
			}
		}
		s.settle()
		seen = s.final()
	})
	return seen, names
}

// If this failed, what people see would depend on the order in which the network brings things, or
// on how often.
func TestOrderAndRepetitionDoNotMatter(t *testing.T) {
	t.Parallel()
	check(t, flag.Set("rapid.checks", "6")) // each is a node with 50 activities
	want, names := arrive(t, nil, nil)
	if len(want) < 20 || t.Failed() {
		t.Fatalf("only %d lines: %q", len(want), want)
	}
	numbers := make([]int, len(names))
	for i := range numbers {
		numbers[i] = i
	}
	rapid.Check(t, func(rt *rapid.T) {
		order := rapid.Permutation(numbers).Draw(rt, "order")
		again := rapid.SliceOfN(rapid.SampledFrom(numbers), 0, len(numbers)/2).Draw(rt, "again")
		delays := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 1, 7, 500}), 1, 9).Draw(rt, "delays")
		got, names := arrive(t, slices.Concat(order, again), delays)
		if diff := gocmp.Diff(want, got); diff != "" {
			rt.Errorf("another state (-in order, +%s):\n%s", strings.Join(names, ", "), diff)
		}
	})
}

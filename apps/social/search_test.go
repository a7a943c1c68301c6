package social

import (
	"strings"
	"testing"

	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// People would not find each other, or strangers make the node ask servers of their choice.
func TestSearchFindsPeopleTagsAndAddresses(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.world.people[ids.Handle{Name: "new", Host: "pond.example"}] = actorDocument("new", "pond.example")
	mine := v.say(ana, "#Tulou 圆楼", "public", 0)
	secret := v.say(ana, "hidden", "direct", 0)
	theirs := note(ben, "1", "<p>theirs</p>", func(n *vocab.Note) { n.InReplyTo = ben.URI + "/statuses/0" })
	above := note(ben, "0", "<p>above</p>", nil)
	v.world.objects[theirs.ID], v.world.objects[above.ID] = theirs, above
	v.world.objects["https://orchard.example/@ben/1"] = theirs
	v.world.objects["https://orchard.example/@ben"] = &vocab.Object{ID: ben.URI, Type: "Person", Known: true, Actor: &vocab.Actor{ID: ben.URI}}
	stranger := storage.Account{}
	for _, c := range []struct {
		name                   string
		viewer                 storage.Account
		q                      Query
		people, statuses, tags int
	}{
		{"by beginning", stranger, Query{Text: "an"}, 1, 0, 0},
		{"only tags", stranger, Query{Text: "an", Type: "hashtags"}, 0, 0, 0},
		{"known handle", stranger, Query{Text: "@ben@orchard.example"}, 1, 0, 0},
		{"our own with host", stranger, Query{Text: "@ana@harbor.example"}, 1, 0, 0},
		{"unknown, not asked", ana, Query{Text: "@new@pond.example"}, 0, 0, 0},
		{"unknown, a stranger", stranger, Query{Text: "@new@pond.example", Resolve: true}, 0, 0, 0},
		{"unknown, asked", ana, Query{Text: "new@pond.example", Resolve: true}, 1, 0, 0},
		{"nobody", ana, Query{Text: "@nobody@pond.example", Resolve: true}, 0, 0, 0},
		{"tag", stranger, Query{Text: "#tul"}, 0, 0, 1},
		{"tag without sign", stranger, Query{Text: "TULOU", Type: "hashtags"}, 0, 0, 1},
		{"our page", stranger, Query{Text: mine.URL}, 0, 1, 0},
		{"our id", stranger, Query{Text: mine.URI}, 0, 1, 0},
		{"our profile", stranger, Query{Text: "https://harbor.example/@ana"}, 1, 0, 0},
		{"secret, a stranger", stranger, Query{Text: secret.URI}, 0, 0, 0},
		{"secret, its author", ana, Query{Text: secret.URI}, 0, 1, 0},
		{"theirs, a stranger", stranger, Query{Text: theirs.ID, Resolve: true}, 0, 0, 0},
		{"their page", ana, Query{Text: "https://orchard.example/@ben/1", Resolve: true}, 0, 1, 0},
		{"then known to everybody", stranger, Query{Text: theirs.ID}, 0, 1, 0},
		{"their profile", ana, Query{Text: "https://orchard.example/@ben", Resolve: true}, 1, 0, 0},
		{"their profile as post", ana, Query{Text: "https://orchard.example/@ben", Resolve: true, Type: "statuses"}, 0, 0, 0},
		{"gone", ana, Query{Text: "https://orchard.example/gone", Resolve: true}, 0, 0, 0},
		{"no address", ana, Query{Text: "https://", Resolve: true}, 0, 0, 0},
		{"nothing", ana, Query{Text: "  "}, 0, 0, 0},
		{"too long", ana, Query{Text: strings.Repeat("a", queryBytesMax+1)}, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.Limit = 5
			r := must(v.Search(t.Context(), c.viewer, c.q))
			if len(r.Accounts) != c.people || len(r.Statuses) != c.statuses || len(r.Tags) != c.tags {
				t.Errorf("found %d people, %d posts, %d tags; want %d, %d, %d", len(r.Accounts), len(r.Statuses), len(r.Tags), c.people, c.statuses, c.tags)
			}
		})
	}
	v.jobs()
	v.isThere(above.ID, true) // the thread above what was found
}

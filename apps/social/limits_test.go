package social

import (
	"fmt"
	"strings"
	"testing"

	"tulou/protocol/vocab"
	"tulou/storage"
)

// A post with many admirers would make its every edit a query without end.
func TestOnlySoManyWhoInteractedAreTold(t *testing.T) {
	people, pages := map[int64]bool{}, 0
	err := walk(func(p storage.Page) (rows []row, err error) {
		pages++
		for i := range int64(p.Limit) {
			rows = append(rows, row{key: int64(1_000_000-pages*p.Limit) - i, account: int64(pages*p.Limit) + i})
		}
		return rows, nil
	}, people)
	check(t, err)
	if len(people) < interactedMax || len(people) > interactedMax+storage.AccountPageMax {
		t.Errorf("%d people on %d pages, want about %d", len(people), pages, interactedMax)
	}
}

// A job would walk through a thread of any length, again and again.
func TestKnownThreadsAreClimbedOnlySoFarA064(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ben := v.remote("ben", "orchard.example")
	var last storage.Status
	v.do(func(tx *storage.Tx) (err error) {
		for i := range stepsMax + 2 {
			s := storage.Status{URI: fmt.Sprintf("%s/statuses/%d", ben.URI, i), AccountID: ben.ID, Type: "Note", Visibility: "public", ReplyToID: last.ID}
			if i == 0 {
				s.ReplyToURI = ben.URI + "/statuses/unknown"
			}
			if last, err = tx.CreateStatus(t.Context(), storage.NewStatus{Status: s, Audience: []int64{storage.Everybody}}); err != nil {
				return err
			}
		}
		return nil
	})
	job := storage.Job{Payload: storage.MarshalPayload(climbJob{last.ID})}
	check(t, v.runAncestors(t.Context(), job))
	if len(v.world.asked) != 0 {
		t.Errorf("asked for %v beyond %d posts", v.world.asked, stepsMax)
	}
}

// Content warnings and hashtags of any length would be stored and shown.
func TestStrangersPostsAreCut(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	o := note(ben, "1", "<p>a</p>", func(n *vocab.Note) {
		n.Summary = strings.Repeat("警", spoilerRunesMax+1)
		n.Language = "en-" + strings.Repeat("x", languageBytesMax)
		for _, length := range []int{tagRunesMax, tagRunesMax + 1} {
			n.Tags = append(n.Tags, vocab.Tag{Type: vocab.TagHashtag, Name: "#" + strings.Repeat("é", length)})
		}
	})
	v.receive(ben, create(o))
	s, _ := v.status(o.ID)
	if got := len([]rune(s.Spoiler)); got != spoilerRunesMax || s.Language != "" {
		t.Errorf("a warning of %d characters in language %q", got, s.Language)
	}
	if tags := must(v.Store.Tags(t.Context(), []int64{s.ID}))[s.ID]; len(tags) != 1 {
		t.Errorf("%d tags, want 1", len(tags))
	}
}

// A search would return more than anybody reads.
func TestSearchIsBounded(t *testing.T) {
	v := newVillage(t, "harbor.example")
	for i := range SearchMax + 3 {
		v.remote(fmt.Sprintf("many%d", i), "orchard.example")
	}
	if got := len(must(v.Search(t.Context(), storage.Account{}, Query{Text: "many", Limit: 1000})).Accounts); got != SearchMax {
		t.Errorf("%d found, want %d", got, SearchMax)
	}
	if got := len(must(v.Search(t.Context(), storage.Account{}, Query{Text: "many"})).Accounts); got != 1 {
		t.Errorf("%d found without a limit, want at least one and few", got)
	}
}

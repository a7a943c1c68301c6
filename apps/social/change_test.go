package social

import (
	"strings"
	"sync"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// A follower who was removed would get the new words of what was for followers.
func TestEditIsNotToldToWhoMayNotSeeItAnyMore(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben, eve := v.local("ana"), v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
		v.follow(ben, ana)
		v.follow(eve, ana)
		posted := v.say(ana, "old words", "private", 0)
		for _, reader := range []storage.Account{ben, eve} {
			v.receive(reader, vocab.Activity{ID: reader.URI + "#like", Type: "Like", ObjectID: posted.URI})
		}
		v.do(func(tx *storage.Tx) error { _, err := tx.DeleteFollow(t.Context(), ben.ID, ana.ID); return err })
		v.sent()
		must(v.Edit(t.Context(), ana, posted.ID, Changes{Text: "new words"}))
		v.sentTo("Update pond.example/inbox")
		must(v.Delete(t.Context(), ana, posted.ID))
		v.sentTo("Delete orchard.example/users/ben/inbox", "Delete pond.example/inbox")
	})
}

// An edit would lose what was said before, or leave those who got the post with the old words.
func TestEditKeepsHistoryAndTellsWhoeverHasThePost(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal, dan := v.local("ana"), v.local("cal"), v.local("dan")
		ben, eve := v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
		v.follow(eve, ana)
		posted := v.say(ana, "old words for @cal", "public", 0)
		must(v.Boost(t.Context(), dan, posted.ID, ""))
		v.receive(ben, vocab.Activity{ID: ben.URI + "#like", Type: "Like", ObjectID: posted.URI})
		v.sent()

		edited := must(v.Edit(t.Context(), ana, posted.ID, Changes{Text: "new \"words\" for @dan & all #Tulou", Spoiler: "hm", Language: "en"}))
		if markup.PlainText(edited.Content) != "new \"words\" for @dan & all #Tulou" || edited.Spoiler != "hm" || !edited.Sensitive || edited.EditedAt <= posted.CreatedAt {
			t.Errorf("edited: %+v", edited)
		}
		if edited.Visibility != posted.Visibility || edited.CreatedAt != posted.CreatedAt || edited.LikesCount != 1 {
			t.Errorf("an edit changed %+v to %+v", posted, edited)
		}
		versions := must(v.Store.Edits(t.Context(), posted.ID))
		if len(versions) != 1 || versions[0].Content != posted.Content || versions[0].Source != "old words for @cal" {
			t.Errorf("versions %+v", versions)
		}
		// Who liked it is not a follower and gets the new words all the same.
		for _, p := range v.sentTo("Update orchard.example/users/ben/inbox", "Update pond.example/inbox") {
			n := p.Object.Note
			if n.Content != edited.Content || n.Updated != edited.EditedAt.Time() || n.Published != posted.CreatedAt.Time() || n.ID != posted.URI {
				t.Errorf("update %+v", n)
			}
		}
		v.wasTold(dan, "update", "mention")
		v.wasTold(cal, "mention")
		if doc := must(v.Store.Document(t.Context(), posted.URI)); !strings.Contains(string(doc.Body), "Tulou") {
			t.Error("the old words are still served")
		}

		must(v.Edit(t.Context(), ana, posted.ID, Changes{Text: "new \"words\" for @dan & all #Tulou", Spoiler: "hm", Language: "en"}))
		v.sentTo() // the same words again are no edit
		_, err := v.Edit(t.Context(), cal, posted.ID, Changes{Text: "mine now"})
		fails(t, err, fault.NotFound)
		_, err = v.Edit(t.Context(), ana, posted.ID, Changes{Text: strings.Repeat("a", CharactersMax+1)})
		fails(t, err, fault.Unprocessable)
		boost := must(v.Boost(t.Context(), ana, posted.ID, ""))
		_, err = v.Edit(t.Context(), ana, boost.ID, Changes{Text: "a boost"})
		fails(t, err, fault.Unprocessable)
	})
}

// Somebody mentioned in an edit would be told of a post that they may not see, or a follower lose
// it.
func TestEditOfPrivatePostLetsThoseSeeItWhomItMentions(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, cal := v.local("ana"), v.local("ben"), v.local("cal")
	v.follow(ben, ana)
	posted := v.say(ana, "for followers", "private", 0)
	v.sees(cal, posted.URI, false)
	must(v.Edit(t.Context(), ana, posted.ID, Changes{Text: "for followers and @cal"}))
	v.sees(cal, posted.URI, true)
	v.sees(ben, posted.URI, true)
	v.sees(storage.Account{Name: "a stranger"}, posted.URI, false)
	v.wasTold(cal, "mention")
}

// What was deleted would stay on other servers, in timelines, or come back.
func TestDeleteTakesThePostBackEverywhere(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal := v.local("ana"), v.local("cal")
		ben, eve, fay := v.remote("ben", "orchard.example"), v.remote("eve", "pond.example"), v.remote("fay", "hill.example")
		gus := v.remote("gus", "orchard.example")
		v.follow(eve, ana)
		v.follow(cal, ana)
		posted := must(v.Post(t.Context(), ana, NewPost{Text: "oh **no** @cal", Spoiler: "w"}))
		must(v.Boost(t.Context(), cal, posted.ID, ""))
		v.receive(ben, vocab.Activity{ID: ben.URI + "#b", Type: "Announce", ObjectID: posted.URI, To: []string{vocab.Public}})
		v.receive(gus, vocab.Activity{ID: gus.URI + "#l", Type: "Like", ObjectID: posted.URI})
		v.receive(fay, create(note(fay, "1", "<p>reply</p>", func(n *vocab.Note) { n.InReplyTo = posted.URI })))
		v.counts(posted.URI, 1, 2, 1)
		v.sent()

		deleted := must(v.Delete(t.Context(), ana, posted.ID))
		if deleted.Source != "oh **no** @cal" || deleted.Spoiler != "w" || deleted.ID != posted.ID {
			t.Errorf("deleted %+v cannot be written anew", deleted)
		}
		v.isThere(posted.URI, false)
		// Ben and Gus share an inbox, so one of them is enough.
		all := v.sent()
		hosts := map[string]int{}
		for _, p := range all {
			hosts[strings.Split(strings.TrimPrefix(p.inbox, "https://"), "/")[0]]++
			if p.Type != "Delete" || p.ObjectID != posted.URI || p.Object == nil || p.Object.Tombstone == nil {
				t.Errorf("sent %+v", p.Activity)
			}
		}
		for _, host := range []string{"orchard.example", "pond.example", "hill.example"} {
			if hosts[host] != 1 {
				t.Errorf("%d deletions went to %s, want 1", hosts[host], host)
			}
		}
		_, err := v.Store.Document(t.Context(), posted.URI)
		fails(t, err, fault.NotFound)
		if grave := must(v.Store.Tombstone(t.Context(), posted.URI)); !grave.Everybody {
			t.Errorf("no tombstone is served: %+v", grave)
		}
		v.wasTold(cal)
		v.wasTold(ana)
		if got := v.home(cal); len(got) != 0 {
			t.Errorf("home of cal still has %v", got)
		}
		v.isThere(fay.URI+"/statuses/1", true)
		_, err = v.Delete(t.Context(), ana, posted.ID)
		fails(t, err, fault.NotFound)
		mine := v.say(ana, "mine", "public", 0)
		_, err = v.Delete(t.Context(), cal, mine.ID)
		fails(t, err, fault.NotFound)
		v.isThere(mine.URI, true)
	})
}

// A client that deletes its boost would delete somebody's post, or nothing.
func TestDeleteOfABoostTakesTheBoostBack(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.local("ben")
	v.follow(v.remote("eve", "pond.example"), ben)
	posted := v.say(ana, "a", "public", 0)
	boost := must(v.Boost(t.Context(), ben, posted.ID, ""))
	v.sentTo("Announce pond.example/inbox")
	must(v.Delete(t.Context(), ben, boost.ID))
	v.sentTo("Undo pond.example/inbox")
	v.isThere(posted.URI, true)
	v.isThere(boost.URI, false)
	v.counts(posted.URI, 0, 0, 0)
}

// Counts would drift, people be told twice, or other servers keep what was taken back.
func TestReactionsHappenOnceAndAreTakenBackByTheirID(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal, ben := v.local("ana"), v.local("cal"), v.remote("ben", "orchard.example")
		v.follow(ana, ben)
		v.receive(ben, create(note(ben, "1", "<p>a</p>", nil)))
		theirs, _ := v.status(ben.URI + "/statuses/1")
		mine := v.say(ana, "b", "public", 0)

		for range 2 {
			must(v.Like(t.Context(), cal, mine.ID))
			must(v.Boost(t.Context(), cal, mine.ID, ""))
			must(v.Like(t.Context(), cal, theirs.ID))
			must(v.Boost(t.Context(), cal, theirs.ID, ""))
			must(v.Bookmark(t.Context(), cal, theirs.ID))
		}
		v.counts(mine.URI, 0, 1, 1)
		v.counts(theirs.URI, 0, 1, 1)
		v.wasTold(ana, "reblog", "favourite")
		if got := must(v.Store.Bookmarks(t.Context(), cal.ID, storage.Page{})); len(got) != 1 {
			t.Errorf("%d bookmarks", len(got))
		}
		done := map[string]string{}
		for _, p := range v.sentTo("Like orchard.example/inbox", "Announce orchard.example/inbox") {
			done[p.Type] = p.ID
		}

		for range 2 {
			for _, status := range []int64{mine.ID, theirs.ID} {
				must(v.Unlike(t.Context(), cal, status))
				must(v.Unboost(t.Context(), cal, status))
				must(v.Unbookmark(t.Context(), cal, status))
			}
		}
		v.counts(mine.URI, 0, 0, 0)
		v.counts(theirs.URI, 0, 0, 0)
		v.wasTold(ana)
		for _, p := range v.sentTo("Undo orchard.example/inbox", "Undo orchard.example/inbox") {
			if p.ObjectID != done[p.Inner.Type] {
				t.Errorf("undone %s, done %s", p.ObjectID, done[p.Inner.Type])
			}
		}
		var racing sync.WaitGroup
		for range 4 {
			racing.Go(func() {
				if _, err := v.Like(t.Context(), cal, theirs.ID); err != nil {
					t.Error(err)
				}
				if _, err := v.Boost(t.Context(), cal, theirs.ID, ""); err != nil {
					t.Error(err)
				}
			})
		}
		racing.Wait()
		for _, p := range v.sentTo("Like orchard.example/inbox", "Announce orchard.example/inbox") {
			if p.ID == done[p.Type] {
				t.Errorf("the second %s has the id of the first, which was taken back", p.Type)
			}
		}
		v.counts(theirs.URI, 0, 1, 1)
	})
}

// Whoever may not see a post would learn of it, or show it to others.
func TestReactionsToWhatOneMayNotSeeAreLikeToNothingA089(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, cal, eve := v.local("ana"), v.local("ben"), v.local("cal"), v.local("eve")
	v.follow(ben, ana)
	private, direct := v.say(ana, "for followers", "private", 0), v.say(ana, "@ben only", "direct", 0)
	_, absent := v.Like(t.Context(), eve, 12345)
	fails(t, absent, fault.NotFound)
	for _, id := range []int64{private.ID, direct.ID} {
		for name, err := range map[string]error{
			"like":     second(v.Like(t.Context(), eve, id)),
			"boost":    second(v.Boost(t.Context(), eve, id, "")),
			"bookmark": second(v.Bookmark(t.Context(), eve, id)),
			"context":  second(v.Context(t.Context(), eve.ID, id)),
			// Ben may see both and still not show them around.
			"boost by a reader": second(v.Boost(t.Context(), ben, id, "")),
		} {
			if err == nil || err.Error() != absent.Error() {
				t.Errorf("%s: %v, want %v", name, err, absent)
			}
		}
		must(v.Like(t.Context(), ben, id))
	}
	_, err := v.Boost(t.Context(), ana, direct.ID, "")
	fails(t, err, fault.NotFound)
	boost := must(v.Boost(t.Context(), ana, private.ID, "public"))
	if boost.Visibility != storage.VisibilityPrivate {
		t.Errorf("a post for followers was boosted as %s", boost.Visibility)
	}
	v.sees(ben, boost.URI, true)
	v.sees(cal, boost.URI, false)
	_, err = v.Boost(t.Context(), ben, v.say(ana, "open", "public", 0).ID, "direct")
	fails(t, err, fault.Unprocessable)
}

func second[T any](_ T, err error) error { return err }

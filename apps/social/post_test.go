package social

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// texts are what people type and nothing may change.
var texts = []string{
	`She said "it's 5 < 6 & 7 > 6", 'really'.`,
	"圆楼里住着一整个村子。「我们」和『你们』，都在同一个屋檐下！",
	"👩‍👩‍👧‍👦 🏳️‍🌈 🇵🇱 e\u0301 ñ",
	"https://example.org/a?b=1&c=2#d and http://example.org/?q=\"x\"",
	"one\ntwo\n\nthree &amp; &lt;b&gt; <b>not bold</b>",
	"a_b_c 2*3*4 ¯\\_(ツ)_/¯ 1. Mai",
}

// Two nodes would show different words for one post, or the author's client other words than typed.
func TestPostIsTheSameTextOnBothNodes(t *testing.T) {
	harbor, orchard := newVillage(t, "harbor.example"), newVillage(t, "orchard.example")
	ana, ben := harbor.local("ana"), orchard.local("ben")
	harbor.follow(harbor.remote("ben", "orchard.example"), ana)
	orchard.follow(ben, orchard.remote("ana", "harbor.example"))
	for _, text := range texts {
		posted := must(harbor.Post(t.Context(), ana, NewPost{Text: text, Spoiler: "Fish & <y> \"Chips\" &amp; 警告", Language: "pl"}))
		if posted.Source != text || markup.PlainText(posted.Content) != text {
			t.Errorf("posted %q, shown %q, kept %q", text, markup.PlainText(posted.Content), posted.Source)
		}
		harbor.carry(orchard, true)
		arrived, ok := orchard.status(posted.URI)
		if !ok {
			t.Fatalf("%q did not arrive", text)
		}
		if arrived.Content != posted.Content || arrived.Spoiler != posted.Spoiler || arrived.Language != "pl" || !arrived.Sensitive {
			t.Errorf("sent %+v\ngot %+v", posted, arrived)
		}
		if arrived.CreatedAt != posted.CreatedAt || arrived.URL != posted.URL || arrived.Visibility != posted.Visibility {
			t.Errorf("sent %+v\ngot %+v", posted, arrived)
		}
	}
	if got := len(orchard.home(ben)); got != len(texts) {
		t.Errorf("%d posts in the home timeline, want %d, each once", got, len(texts))
	}
}

// A post that cannot be shown or sent as it is would be accepted.
func TestPostRefusesWhatIsBeyondItsLimits(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana := v.local("ana")
	crowd := ""
	for i := range MentionsMax + 1 {
		crowd += "@" + v.local(fmt.Sprintf("p%d", i)).Name + " "
	}
	for name, p := range map[string]NewPost{
		"nothing":         {},
		"blank":           {Text: " \n\t ", Spoiler: "  "},
		"too long":        {Text: strings.Repeat("字", CharactersMax+1)},
		"with warning":    {Text: strings.Repeat("a", CharactersMax), Spoiler: "b"},
		"bad visibility":  {Text: "a", Visibility: "friends"},
		"too many people": {Text: crowd},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Post(t.Context(), ana, p)
			fails(t, err, fault.Unprocessable)
			if fault.DetailOf(err) == "" {
				t.Error("the author is not told why")
			}
		})
	}
	longest := must(v.Post(t.Context(), ana, NewPost{Text: strings.Repeat("字", CharactersMax-1), Spoiler: "警"}))
	if longest.Visibility != storage.VisibilityPublic {
		t.Errorf("visibility %q by default", longest.Visibility)
	}
	if s := must(v.Post(t.Context(), ana, NewPost{Spoiler: "all there is"})); s.Source != "all there is" || s.Spoiler != "" {
		t.Errorf("a warning without text became %q under %q", s.Source, s.Spoiler)
	}
}

// Other servers read from to and cc who may see a post; a mistake shows it to everybody or nobody.
func TestPostIsAddressedAsItsVisibilitySays(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal := v.local("ana"), v.local("cal")
		ben, eve := v.remote("ben", "orchard.example"), v.remote("eve", "pond.example")
		v.follow(eve, ana)
		const ours, benAt, eveAt = vocab.Public, "orchard.example/inbox", "pond.example/inbox"
		for _, c := range []struct {
			visibility string
			to, cc     []string
			inboxes    []string
			audience   []int64
			public     bool
		}{
			{"public", []string{ours}, []string{ana.Followers, ben.URI, cal.URI}, []string{benAt, eveAt}, []int64{0}, true},
			{"unlisted", []string{ana.Followers}, []string{ours, ben.URI, cal.URI}, []string{benAt, eveAt}, []int64{0}, true},
			{"private", []string{ana.Followers}, []string{ben.URI, cal.URI}, []string{benAt, eveAt}, []int64{-ana.ID, ben.ID, cal.ID}, false},
			{"direct", []string{ben.URI, cal.URI}, nil, []string{benAt}, []int64{ben.ID, cal.ID}, false},
		} {
			posted := v.say(ana, "@ben@orchard.example @cal #Tulou hello", c.visibility, 0)
			for _, p := range v.sent() {
				n := p.Object.Note
				if diff := cmp.Diff([][]string{c.to, c.cc}, [][]string{n.To, n.Cc}); diff != "" {
					t.Errorf("%s: %s", c.visibility, diff)
				}
				if diff := cmp.Diff([][]string{c.to, c.cc}, [][]string{p.To, p.Cc}); diff != "" {
					t.Errorf("%s: %s", c.visibility, diff)
				}
				if !slices.Contains(c.inboxes, strings.TrimPrefix(p.inbox, "https://")) {
					t.Errorf("%s went to %s", c.visibility, p.inbox)
				}
				c.inboxes = slices.DeleteFunc(c.inboxes, func(i string) bool { return "https://"+i == p.inbox })
				if len(n.Tags) != 3 || n.Tags[1].Name != "@cal@harbor.example" || n.Tags[2].Name != "#Tulou" {
					t.Errorf("%s: tags %+v", c.visibility, n.Tags)
				}
				if p.ID != v.Paths.StatusActivity("ana", posted.ID) || n.Published != posted.CreatedAt.Time() {
					t.Errorf("%s: activity %s published %s", c.visibility, p.ID, n.Published)
				}
			}
			if len(c.inboxes) > 0 {
				t.Errorf("%s never went to %v", c.visibility, c.inboxes)
			}
			slices.Sort(c.audience)
			if got := must(v.Store.Audience(t.Context(), posted.ID)); !slices.Equal(got, c.audience) {
				t.Errorf("%s: audience %v, want %v", c.visibility, got, c.audience)
			}
			if got := must(v.Store.CanSee(t.Context(), 0, posted.ID)); got != c.public {
				t.Errorf("%s: a stranger sees it: %t", c.visibility, got)
			}
			if doc := must(v.Store.Document(t.Context(), posted.URI)); doc.StatusID != posted.ID {
				t.Errorf("%s: the document has the visibility of %d", c.visibility, doc.StatusID)
			}
			v.sees(cal, posted.URI, true)
		}
		v.wasTold(cal, "mention", "mention", "mention", "mention")
		if got := must(v.Store.Conversations(t.Context(), cal.ID, storage.Page{})); len(got) != 1 || !got[0].Unread {
			t.Errorf("conversations %+v, want one unread", got)
		}
	})
}

// A client that repeats a request after a lost answer would post twice.
func TestPostsWithOneKeyAreOnePost(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, ben := v.local("ana"), v.local("ben")
		v.follow(v.remote("eve", "pond.example"), ana)
		var mu sync.Mutex
		var posted []storage.Status
		var racing sync.WaitGroup
		for range 8 {
			racing.Go(func() {
				s, err := v.Post(t.Context(), ana, NewPost{Text: "once @ben", IdempotencyKey: "k"})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				posted = append(posted, s)
			})
		}
		racing.Wait()
		posted = append(posted, must(v.Post(t.Context(), ana, NewPost{Text: "other words", IdempotencyKey: "k"})))
		for _, s := range posted {
			if s != posted[0] {
				t.Errorf("%+v and %+v came of one key", posted[0], s)
			}
		}
		v.sentTo("Create pond.example/inbox")
		v.wasTold(ben, "mention")
		if other := must(v.Post(t.Context(), ben, NewPost{Text: "mine", IdempotencyKey: "k"})); other.AccountID != ben.ID {
			t.Error("somebody else's key made somebody else's post")
		}
		if a := must(v.Store.AccountByID(t.Context(), ana.ID)); a.StatusesCount != 1 {
			t.Errorf("%d posts counted", a.StatusesCount)
		}
	})
}

// A mention of somebody whom nobody here knows yet would be text and reach nobody.
func TestPostFindsPeopleWhomNobodyKnows(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana := v.local("ana")
	v.world.people[ids.Handle{Name: "ben", Host: "orchard.example"}] = actorDocument("ben", "orchard.example")
	posted := v.say(ana, "@ben@orchard.example, @nobody@pond.example and @ghost", "public", 0)
	v.sentTo("Create orchard.example/inbox")
	if !strings.Contains(posted.Content, `href="https://orchard.example/@ben"`) {
		t.Errorf("no link to ben: %s", posted.Content)
	}
	if got := markup.PlainText(posted.Content); !strings.Contains(got, "@nobody@pond.example and @ghost") {
		t.Errorf("those who are not found are not text: %q", got)
	}
}

// One server that does not answer would keep everybody who mentions its people waiting.
func TestPostDoesNotWaitForSlowServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t, "harbor.example")
		ana := v.local("ana")
		v.world.resolve = func(ctx context.Context) { <-ctx.Done() }
		text := ""
		for i := range 3 * resolvesAtOnce {
			text += fmt.Sprintf("@a%d@slow.example ", i)
		}
		start := time.Now()
		v.say(ana, text, "public", 0)
		if took := time.Since(start); took > resolveWithin {
			t.Errorf("waited %s", took)
		}
	})
}

// Whoever asked to be told of every post of somebody would hear of none, or of what is not meant.
func TestFollowersWhoWantToAreToldOfPosts(t *testing.T) {
	each(t, func(t *testing.T, v village) {
		ana, cal, dan := v.local("ana"), v.local("cal"), v.local("dan")
		ben := v.remote("ben", "orchard.example")
		for _, author := range []storage.Account{cal, ben} {
			v.do(func(tx *storage.Tx) error {
				_, err := tx.PutFollow(t.Context(), storage.Follow{AccountID: ana.ID, TargetID: author.ID, Accepted: true, Notify: true})
				return err
			})
		}
		v.follow(dan, cal)
		first := v.say(cal, "a post", "private", 0)
		v.wasTold(ana, "status")
		v.say(cal, "more of it", "public", first.ID)
		v.wasTold(ana, "status", "status")
		v.say(cal, "for @ana", "public", 0)
		v.wasTold(ana, "mention", "status", "status")
		v.say(cal, "for @dan alone", "direct", 0)
		other := v.say(dan, "hello", "public", 0)
		v.say(cal, "yes", "public", other.ID)
		must(v.Boost(t.Context(), cal, other.ID, ""))
		v.receive(ben, create(note(ben, "1", "<p>from afar</p>", nil)))
		v.wasTold(ana, "status", "mention", "status", "status")
		v.wasTold(dan, "reblog", "mention")
	})
}

// Whoever may not see a post would learn by answering it that it exists.
func TestReplyToWhatOneMayNotSeeIsLikeToNothingA089(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben, eve := v.local("ana"), v.local("ben"), v.local("eve")
	secret := v.say(ana, "@ben only", "direct", 0)
	_, hidden := v.Post(t.Context(), eve, NewPost{Text: "?", InReplyToID: secret.ID})
	_, absent := v.Post(t.Context(), eve, NewPost{Text: "?", InReplyToID: 12345})
	fails(t, hidden, fault.NotFound)
	if hidden.Error() != absent.Error() {
		t.Errorf("%q is not %q", hidden, absent)
	}
	reply := v.say(ben, "@ana yes", "direct", secret.ID)
	if reply.ThreadID != secret.ThreadID || reply.ReplyToID != secret.ID {
		t.Errorf("reply %+v to %+v", reply, secret)
	}
	v.counts(secret.URI, 0, 0, 0) // a direct reply is not counted for others to see
}

// A thread would be torn: wrong parents, wrong counts, or the person answered would not get it.
func TestReplyHasItsPlaceAndReachesWhomItAnswers(t *testing.T) {
	v := newVillage(t, "harbor.example")
	ana, ben := v.local("ana"), v.remote("ben", "orchard.example")
	v.follow(ana, ben)
	v.receive(ben, create(note(ben, "1", "<p>first</p>", nil)))
	first, _ := v.status(ben.URI + "/statuses/1")
	second := v.say(ana, "no names", "public", first.ID)
	all := v.sentTo("Create orchard.example/users/ben/inbox")
	if got := all[0].Object.Note.InReplyTo; got != first.URI {
		t.Errorf("in reply to %q", got)
	}
	third := v.say(ana, "more", "unlisted", second.ID)
	v.counts(first.URI, 1, 0, 0)
	v.counts(second.URI, 1, 0, 0)
	thread := must(v.Context(t.Context(), 0, second.ID))
	if len(thread.Ancestors) != 1 || thread.Ancestors[0].ID != first.ID || len(thread.Descendants) != 1 || thread.Descendants[0].ID != third.ID {
		t.Errorf("thread %+v", thread)
	}
	v.say(ana, "quietly", "private", first.ID)
	v.sentTo() // not addressed, and not for everybody: it stays here
	boost := must(v.Boost(t.Context(), ana, first.ID, ""))
	if again := v.say(ana, "to the boost", "public", boost.ID); again.ReplyToID != first.ID {
		t.Errorf("a reply to a boost answers %d, want %d", again.ReplyToID, first.ID)
	}
}

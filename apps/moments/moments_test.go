package moments

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tulou/federation"
	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// post office collects what would be sent.
type postOffice struct{ sent []vocab.Activity }

func (o *postOffice) Prepare(_ context.Context, from storage.Account, a vocab.Activity, _ ...string) (*federation.Outgoing, error) {
	if _, err := vocab.BuildActivity(&a); err != nil {
		return nil, err
	}
	o.sent = append(o.sent, a)
	return &federation.Outgoing{ID: a.ID}, nil
}

// told is the Notifier of tests: it keeps notices and pushes nothing.
type told struct{}

func (told) NotifyMoment(ctx context.Context, tx *storage.Tx, account int64, c storage.MomentComment) error {
	_, _, err := tx.PutMomentNotice(ctx, account, c.ID)
	return err
}

type stage struct {
	*Service
	t     *testing.T
	posts *postOffice
	ana   storage.Account
}

func newStage(t *testing.T) *stage { return newStageOn(t, storagetest.SQLite(t)) }

// newStageOn is newStage on a database of either engine.
func newStageOn(t *testing.T, database string) *stage {
	store, err := storage.Open(t.Context(), database, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	s := &stage{t: t, posts: &postOffice{}}
	s.Service = New(Deps{Store: store, Paths: ids.Paths{Base: "https://harbor.example"}, Sender: s.posts, Notifier: told{}, Log: slog.New(slog.DiscardHandler)})
	s.ana = s.local("ana")
	return s
}

func (s *stage) do(fn func(tx *storage.Tx) error) {
	s.t.Helper()
	if err := s.Store.Tx(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) local(name string) (a storage.Account) {
	s.do(func(tx *storage.Tx) (err error) {
		if a, err = tx.CreateAccount(s.t.Context(), storage.Account{URI: s.Paths.Actor(name), Name: name}); err != nil {
			return err
		}
		return tx.CreateLogin(s.t.Context(), storage.Login{AccountID: a.ID, Email: name + "@x.example", PasswordHash: "x"})
	})
	return a
}

// friend is somebody of another server who is a friend of ana's.
func (s *stage) friend(name, host string) (a storage.Account) {
	base := "https://" + host
	s.do(func(tx *storage.Tx) (err error) {
		a, err = tx.PutRemoteAccount(s.t.Context(), storage.Account{URI: base + "/users/" + name, Name: name, Host: host, Type: "Person",
			Inbox: base + "/users/" + name + "/inbox", SharedInbox: base + "/inbox"})
		if err == nil {
			_, err = tx.PutFriend(s.t.Context(), storage.Friend{AccountID: s.ana.ID, FriendID: a.ID, State: storage.FriendBoth})
		}
		return err
	})
	return a
}

// If this failed, a node would learn of friends at other nodes, or get more than one request.
func TestEachNodeGetsOneRequestWithItsOwnPeople(t *testing.T) {
	s := newStage(t)
	var want []string
	for n := range 6 {
		a := s.friend(fmt.Sprint("p", n), fmt.Sprintf("h%d.example", n%2))
		want = append(want, a.URI)
	}
	if _, err := s.Post(t.Context(), s.ana, Draft{Text: "hello", Choice: storage.MomentChoice{Kind: storage.MomentForFriends}}); err != nil {
		t.Fatal(err)
	}
	if len(s.posts.sent) != 2 {
		t.Fatalf("%d requests for two nodes", len(s.posts.sent))
	}
	var got []string
	for _, a := range s.posts.sent {
		for _, to := range a.To {
			if ids.Host(to) != ids.Host(a.To[0]) {
				t.Errorf("one node is told of another's people: %v", a.To)
			}
		}
		if !slices.Equal(a.To, a.Object.Moment.To) {
			t.Errorf("to %v and %v", a.To, a.Object.Moment.To)
		}
		got = append(got, a.To...)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("sent to %v", got)
	}
}

// If this failed, what is too long, or does not go together, would be shown, or sent where it is
// cut.
func TestWhatIsTooMuchIsRefused(t *testing.T) {
	s := newStage(t)
	friends := storage.MomentChoice{Kind: storage.MomentForFriends}
	media := make([]int64, MediaMax+1)
	for name, d := range map[string]Draft{
		"nothing":       {Text: " \n", Choice: friends},
		"long":          {Text: strings.Repeat("船", TextMax+1), Choice: friends},
		"long place":    {Text: "x", Place: strings.Repeat("船", PlaceMax+1), Choice: friends},
		"long title":    {Link: "https://a.example/", LinkTitle: strings.Repeat("x", LinkTitleMax+1), Choice: friends},
		"no link":       {Link: "javascript:alert(1)", Choice: friends},
		"link and file": {Link: "https://a.example/", Media: media[:1], Choice: friends},
		"many files":    {Media: media, Choice: friends},
		"no audience":   {Text: "x"},
		"no circles":    {Text: "x", Choice: storage.MomentChoice{Kind: storage.MomentForTags}},
		"except nobody": {Text: "x", Choice: storage.MomentChoice{Kind: storage.MomentExcept}},
	} {
		if _, err := s.Post(t.Context(), s.ana, d); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]storage.MomentChoice{
		"another's circle": {Kind: storage.MomentForTags, Tags: []int64{1}}, "a stranger": {Kind: storage.MomentExcept, People: []int64{1}},
	} {
		if _, err := s.Post(t.Context(), s.ana, Draft{Text: "x", Choice: c}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bo := s.friend("bo", "orchard.example")
	twice := storage.MomentChoice{Kind: storage.MomentExcept, People: []int64{bo.ID, bo.ID}}
	if _, err := s.Post(t.Context(), s.ana, Draft{Text: "x", Choice: twice}); err != nil {
		t.Errorf("somebody who is chosen twice: %v", err)
	}
	m, err := s.Post(t.Context(), s.ana, Draft{Text: strings.Repeat("船", TextMax), Choice: storage.MomentChoice{Kind: storage.MomentForMyself}, IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Post(t.Context(), s.ana, Draft{Text: "another", Choice: friends, IdempotencyKey: "k"})
	if err != nil || again.ID != m.ID {
		t.Errorf("sent twice: %v %v", again, err)
	}
	for _, text := range []string{"", strings.Repeat("船", CommentMax+1)} {
		if _, err := s.Comment(t.Context(), s.ana, m.ID, text, 0); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("a comment of %d bytes: %v", len(text), err)
		}
	}
	if _, err := s.Comment(t.Context(), s.ana, m.ID, strings.Repeat("船", CommentMax), 0); err != nil {
		t.Error(err)
	}
}

// If this failed, an author's limit would be read as another one: at best nothing is shown.
func TestReachesAreReadAsWritten(t *testing.T) {
	for _, reach := range Reaches() {
		if got := readReach(writeReach(reach)); got != reach {
			t.Errorf("%v is read as %v", reach, got)
		}
	}
	for text, want := range map[string]time.Duration{"": storage.ReachAlways, "P0D": 0, "P1D": 24 * time.Hour, "P1M": 0, "P-1D": 0, "PD": 0, "3": 0,
		"P99999999999999999999D": 0, "P999999D": 0, "P3DT1H": 0} {
		if got := readReach(text); got != want {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// If this failed, a Moment would go to somebody whom its author did not choose, or hides from, or
// who is no friend; or not to somebody who was chosen.
func TestAudienceIsWhomTheAuthorChose(t *testing.T) {
	s := newStage(t)
	ctx := t.Context()
	people := []storage.Account{}
	for n := range 7 {
		people = append(people, s.friend(fmt.Sprint("q", n), fmt.Sprintf("h%d.example", n%3)))
	}
	var tags []storage.FriendTag
	s.do(func(tx *storage.Tx) error {
		for _, name := range []string{"a", "b", "c"} {
			tag, err := tx.CreateFriendTag(ctx, s.ana.ID, name, name)
			if err != nil {
				return err
			}
			tags = append(tags, tag)
		}
		return nil
	})
	rapid.Check(t, func(r *rapid.T) {
		friend, hidden, blocked := map[int]bool{}, map[int]bool{}, map[int]bool{}
		tagged := map[[2]int]bool{}
		s.do(func(tx *storage.Tx) error {
			for n, p := range people {
				friend[n], hidden[n], blocked[n] = rapid.IntRange(0, 4).Draw(r, "friend") > 0, rapid.IntRange(0, 4).Draw(r, "hide") == 0, rapid.IntRange(0, 6).Draw(r, "block") == 0
				if _, err := tx.DeleteBlock(ctx, s.ana.ID, p.ID); err != nil && !fault.Is(err, fault.NotFound) {
					return err
				}
				if _, err := tx.PutFriend(ctx, storage.Friend{AccountID: s.ana.ID, FriendID: p.ID, State: storage.FriendBoth}); err != nil {
					return err
				}
				if err := tx.MarkFriend(ctx, s.ana.ID, p.ID, storage.FriendMarks{HideMine: hidden[n]}); err != nil {
					return err
				}
				for i, tag := range tags {
					change := tx.UntagFriend
					if tagged[[2]int{i, n}] = rapid.Bool().Draw(r, "tag"); tagged[[2]int{i, n}] {
						change = tx.TagFriend
					}
					if err := change(ctx, tag, p.ID); err != nil {
						return err
					}
				}
				if blocked[n] {
					if _, err := tx.PutBlock(ctx, s.ana.ID, p.ID, fmt.Sprint(p.URI, "#", ids.FloorAt(time.Now()))); err != nil {
						return err
					}
				} else if !friend[n] {
					if _, err := tx.DeleteFriend(ctx, s.ana.ID, p.ID); err != nil {
						return err
					}
				}
			}
			return nil
		})
		choice := storage.MomentChoice{Kind: rapid.SampledFrom([]string{storage.MomentForFriends, storage.MomentForTags, storage.MomentExcept, storage.MomentForMyself}).Draw(r, "kind")}
		chosen := map[int]bool{}
		for i, tag := range tags {
			if rapid.Bool().Draw(r, "chooses") {
				choice.Tags = append(choice.Tags, tag.ID)
				for n := range people {
					chosen[n] = chosen[n] || tagged[[2]int{i, n}]
				}
			}
		}
		for n, p := range people {
			if choice.Kind == storage.MomentExcept && rapid.IntRange(0, 3).Draw(r, "but") == 0 {
				choice.People, chosen[n] = append(choice.People, p.ID), true
			}
		}
		var want, got []string
		for n, p := range people {
			open := map[string]bool{storage.MomentForFriends: true, storage.MomentForTags: chosen[n], storage.MomentExcept: !chosen[n]}[choice.Kind]
			if open && friend[n] && !hidden[n] && !blocked[n] {
				want = append(want, p.URI)
			}
		}
		found, err := audience(ctx, s.Store.Reader, s.ana.ID, choice)
		if err != nil {
			r.Fatal(err)
		}
		for _, f := range found {
			got = append(got, f.URI)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			r.Fatalf("%+v is for %v, not %v", choice, got, want)
		}
	})
}

// If this failed, a friend's node could have this one fetch and keep nine films for one Moment, or
// files of anybody.
func TestAMomentHasNinePicturesOrOneFilm(t *testing.T) {
	author := storage.Account{URI: "https://orchard.example/users/bo"}
	file := func(kind, host string) vocab.Attachment {
		return vocab.Attachment{Type: "Document", MediaType: kind, URL: "https://" + host + "/" + rand.Text(), Thumbnail: "https://" + host + "/small"}
	}
	at := "orchard.example"
	film, here := file("video/mp4", at), file("image/png", at)
	for name, x := range map[string]struct {
		files []vocab.Attachment
		kinds string
	}{
		"films":            {slices.Repeat([]vocab.Attachment{film}, 12), "video"},
		"a film first":     {[]vocab.Attachment{film, here, film}, "video"},
		"pictures first":   {[]vocab.Attachment{here, film, here}, "image image"},
		"many pictures":    {slices.Repeat([]vocab.Attachment{here}, 12), strings.TrimSpace(strings.Repeat("image ", MediaMax))},
		"files of others":  {[]vocab.Attachment{file("image/png", "good.example"), file("video/mp4", "127.0.0.1"), here}, "image"},
		"what is no media": {[]vocab.Attachment{file("text/html", at), file("audio/mpeg", at), file("", at)}, ""},
	} {
		var kinds []string
		for _, m := range mediaFrom(&vocab.Moment{Attachments: x.files}, author) {
			kinds = append(kinds, m.Kind)
		}
		if got := strings.Join(kinds, " "); got != x.kinds {
			t.Errorf("of %s is kept %q, not %q", name, got, x.kinds)
		}
	}
}

// If this failed, somebody who ends a friendship at the moment at which the other one shows
// something would be shown it all the same, and again should they become friends once more.
func TestNobodyIsShownWhatComesWithTheEndOfAFriendship(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			s := newStageOn(t, database(t))
			bo := s.friend("bo", "orchard.example")
			ended, shown := make(chan struct{}), make(chan storage.Moment, 1)
			go func() {
				<-ended
				m, err := s.Post(context.Background(), s.ana, Draft{Text: "hi", Choice: storage.MomentChoice{Kind: storage.MomentForFriends}})
				if err != nil {
					t.Error(err)
				}
				shown <- m
			}()
			s.do(func(tx *storage.Tx) error {
				if err := tx.HoldPeople(t.Context(), s.ana.ID, bo.ID); err != nil {
					return err
				}
				_, err := tx.DeleteFriend(t.Context(), s.ana.ID, bo.ID)
				close(ended)
				time.Sleep(200 * time.Millisecond) // the other one waits
				return err
			})
			readers, err := s.Store.MomentReaders(t.Context(), (<-shown).ID)
			if err != nil || len(readers) != 0 {
				t.Errorf("it was for %d people who are friends no more, %v", len(readers), err)
			}
		})
	}
}

// library is a Finder that has some objects and no media.
type library map[string]*vocab.Object

func (l library) Object(_ context.Context, iri string) (*vocab.Object, error) {
	if o := l[iri]; o != nil {
		return o, nil
	}
	return nil, fault.New(fault.NotFound, "nothing")
}

func (library) PrivateMedia(context.Context, string, string, int64) (*fetch.Media, error) {
	return nil, fault.New(fault.NotFound, "nothing")
}

// If this failed, a comment that answers one which never comes would be waited for for ever, and so
// would what answers it.
func TestACommentIsNotWaitedForForEver(t *testing.T) {
	s := newStage(t)
	bo, cy := s.friend("bo", "orchard.example"), s.friend("cy", "pond.example")
	const answer, absent = "https://pond.example/moments/comments/2", "https://pond.example/moments/comments/1"
	m := storage.Moment{ID: 1, AccountID: bo.ID, URI: bo.URI + "/moments/1", CreatedAt: storage.Now()}
	s.do(func(tx *storage.Tx) error {
		if err := tx.CreateMoment(t.Context(), storage.NewMoment{Moment: m, Readers: []int64{s.ana.ID}}); err != nil {
			return err
		}
		for _, uri := range []string{answer, absent} {
			if _, err := tx.PutMomentPointer(t.Context(), m.ID, uri); err != nil {
				return err
			}
		}
		return nil
	})
	s.Finder = library{answer: object(vocab.Moment{ID: answer, Type: vocab.TypeMomentComment, AttributedTo: cy.URI, Context: m.URI,
		InReplyTo: absent, Content: "and I", MediaType: plainText, To: []string{s.ana.URI}})}
	for _, attempts := range []int{triesMax - 1, triesMax} {
		job := storage.Job{Kind: jobComment, Attempts: attempts, Payload: storage.MarshalPayload(pointed{answer, m.ID})}
		if err := s.fetchComment(t.Context(), job); fault.Is(err, fault.Unavailable) != (attempts < triesMax) {
			t.Errorf("attempt %d: %v", attempts, err)
		}
	}
	if p, err := s.Store.MomentPointerOf(t.Context(), m.ID, answer); err != nil || p.Waiting {
		t.Errorf("it still waits: %+v, %v", p, err)
	}
}

// If this failed, the node of a hostile friend could fill the disk and the database, or keep
// somebody's device ringing by sending the same Moment again and again.
func TestAFriendsNodeHasItsLimits(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			s, ctx := newStageOn(t, database(t)), t.Context()
			bo := s.friend("bo", "orchard.example")
			receive := func(key string, published time.Time, media ...vocab.Attachment) string {
				t.Helper()
				uri := bo.URI + "/moments/" + key
				wire := vocab.Moment{ID: uri, Type: vocab.TypeMoment, AttributedTo: bo.URI, Content: "x", MediaType: plainText, Published: published,
					Attachments: media}
				a := vocab.Activity{Type: "Create", ID: uri + "#create", Actor: bo.URI, To: []string{s.ana.URI}, Object: object(wire)}
				s.do(func(tx *storage.Tx) error { return s.receiveMoment(ctx, tx, federation.In{Actor: bo, Activity: &a}) })
				return uri
			}
			kept := func() int {
				all, err := s.Store.MomentIDsOf(ctx, bo.ID, 2*storage.MomentsKept)
				if err != nil {
					t.Fatal(err)
				}
				return len(all)
			}
			long := time.Now().Add(-300 * 24 * time.Hour)
			s.do(func(tx *storage.Tx) error {
				for n := range storage.MomentsKept - 1 {
					at := long.Add(time.Duration(n) * time.Minute)
					m := storage.Moment{ID: tx.IDAt(at), AccountID: bo.ID, URI: fmt.Sprint(bo.URI, "/old/", n), CreatedAt: storage.At(at), CameAt: storage.At(at)}
					if err := tx.CreateMoment(ctx, storage.NewMoment{Moment: m, Readers: []int64{s.ana.ID}}); err != nil {
						return err
					}
				}
				return nil
			})
			told := 0
			s.Store.Watch(func(storage.Happening) { told++ })
			picture := vocab.Attachment{Type: "Image", MediaType: "image/png", URL: "https://orchard.example/p.png"}
			first := receive("0", time.Now(), picture)
			once := told
			receive("0", time.Now(), picture)
			if once == 0 || told != once {
				t.Errorf("streams are told %d times, and %d times of what they have", once, told-once)
			}
			for n := 1; n < storage.MomentsPerDay+5; n++ {
				receive(fmt.Sprint(n), long, picture) // it says that it is old, and comes now
			}
			if n := kept(); n != storage.MomentsKept {
				t.Errorf("%d of one author are kept", n)
			}
			newest, err := s.Store.MomentByURI(ctx, first)
			if err != nil {
				t.Fatalf("the newest one is gone: %v", err)
			}
			s.do(func(tx *storage.Tx) error {
				if room, err := tx.RoomForMoment(ctx, bo.ID); err != nil || room {
					t.Errorf("one more today: %v %v", room, err)
				}
				return nil
			})

			// A picture that takes all the room; the next one is not asked for.
			asked := counting{new(int)}
			s.Finder = asked
			other, err := s.Store.MomentByURI(ctx, bo.URI+"/moments/299")
			if err != nil {
				t.Fatal(err)
			}
			media, err := s.Store.MomentMediaOf(ctx, []int64{newest.ID, other.ID})
			if err != nil {
				t.Fatal(err)
			}
			big, next := media[newest.ID][0], media[other.ID][0]
			big.State = storage.MediaReady
			s.do(func(tx *storage.Tx) error {
				return tx.FinishMomentMedia(ctx, big, storage.MomentFile{Key: big.FileKey, Blob: "b", MediaType: "image/png", Bytes: storage.MomentBytesMax})
			})
			if err := s.fetchMedia(ctx, storage.Job{Kind: jobMedia, Payload: storage.MarshalPayload(about{next.ID})}); err != nil {
				t.Fatal(err)
			}
			if m, err := s.Store.MomentMediaByID(ctx, next.ID); err != nil || m.State != storage.MediaFailed || *asked.times != 0 {
				t.Errorf("beyond the room for pictures: %+v, asked %d times, %v", m, *asked.times, err)
			}
		})
	}
}

// counting is a Finder that has nothing and counts how often it is asked for media.
type counting struct{ times *int }

func (counting) Object(context.Context, string) (*vocab.Object, error) {
	return nil, fault.New(fault.NotFound, "nothing")
}

func (c counting) PrivateMedia(context.Context, string, string, int64) (*fetch.Media, error) {
	*c.times++
	return nil, fault.New(fault.NotFound, "nothing")
}

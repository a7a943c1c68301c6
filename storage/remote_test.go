package storage

import (
	"context"
	"sync"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// media makes a picture in a post of somebody of another server and returns it as stored.
func (v village) media(author Account, url string) (Status, Attachment) {
	v.t.Helper()
	s := v.post(author, VisibilityPublic, func(n *NewStatus) {
		n.Attachments = []Attachment{{RemoteURL: url, MediaType: "image/png", Width: 10, Height: 10}}
	})
	return s, must(v.s.Attachments(v.t.Context(), []int64{s.ID}))[s.ID][0]
}

func (v village) mediaOf(key string) RemoteMedia {
	v.t.Helper()
	return must(v.s.RemoteMediaByKey(v.t.Context(), key))
}

// fetched pretends that a file of another server came.
func (v village) fetched(m RemoteMedia) {
	v.t.Helper()
	v.s.do(v.t, func(tx *Tx) error {
		m.MediaType, m.Width, m.Height, m.Blurhash = "image/png", 640, 480, "hash"
		return tx.FinishRemoteMedia(v.t.Context(), m,
			File{Key: m.FileKey, Blob: "b1", MediaType: "image/png", Bytes: 1}, File{Key: m.PreviewKey, Blob: "b2", MediaType: "image/jpeg", Bytes: 1})
	})
}

func (v village) isThere(key string) bool {
	v.t.Helper()
	_, err := v.s.File(v.t.Context(), key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		v.t.Fatal(err)
	}
	return err == nil
}

func (v village) forgetMedia() {
	v.t.Helper()
	for last := int64(0); ; {
		v.s.do(v.t, func(tx *Tx) (err error) {
			last, err = tx.ForgetRemoteMedia(v.t.Context(), last)
			return err
		})
		if last == 0 {
			return
		}
	}
}

// Readers' apps would fetch pictures from other servers themselves, the address of one could be
// found out from where it is, or the same picture would be kept again for every post.
func TestMediaOfOthersHaveRandomKeysThatStay(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		bo := remoteAccount("bo", "orchard.example")
		bo.Avatar, bo.Header = "https://orchard.example/bo.png", "https://orchard.example/bo.png"
		var known Account
		for range 2 {
			s.do(t, func(tx *Tx) (err error) { known, err = tx.PutRemoteAccount(t.Context(), bo); return err })
		}
		first := known.Avatar
		if known.Avatar == known.Header || len(known.Avatar) < len("/media//avatar")+26 || known.Header[:7] != "/media/" {
			t.Errorf("avatar %q, header %q", known.Avatar, known.Header)
		}
		s.do(t, func(tx *Tx) (err error) { known, err = tx.PutRemoteAccount(t.Context(), known); return err })
		if known.Avatar != first {
			t.Errorf("the path became %q", known.Avatar)
		}
		_, one := v.media(known, "https://orchard.example/1.png")
		_, same := v.media(known, "https://orchard.example/1.png")
		_, other := v.media(known, "https://orchard.example/2.png")
		if one.FileKey == "" || one.FileKey != same.FileKey || one.FileKey == other.FileKey || one.PreviewKey == one.FileKey || one.Kind != KindImage {
			t.Errorf("%+v, %+v, %+v", one, same, other)
		}
		if m := v.mediaOf(one.PreviewKey); m.URL != one.RemoteURL || m.FetchedAt != 0 {
			t.Errorf("%+v", m)
		}
		for _, key := range []string{"", "x", one.RemoteURL} {
			if _, err := s.RemoteMediaByKey(t.Context(), key); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", key, err)
			}
		}
	})
}

// Two processes would fetch the same file at the same time, or one that failed would be asked for
// at every view.
func TestMediaOfOthersAreFetchedByOneProcessAtATime(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		_, a := v.media(v.remote("bo", "orchard.example"), "https://orchard.example/1.png")
		m := v.mediaOf(a.FileKey)
		lease := func(s *Store, until time.Time) (got bool) {
			s.do(t, func(tx *Tx) (err error) { got, err = tx.LeaseRemoteMedia(ctx, m.ID, until); return err })
			return got
		}
		later := time.Now().Add(time.Minute)
		if !lease(s, later) || lease(other, later) || lease(s, later) {
			t.Error("the lease was given twice, or not at all")
		}
		s.do(t, func(tx *Tx) error { return tx.FailRemoteMedia(ctx, m.ID, time.Now().Add(time.Hour)) })
		if got := v.mediaOf(a.FileKey); lease(other, later) || got.Failures != 1 || got.LeaseUntil != 0 {
			t.Errorf("asked for again at once: %+v", got)
		}
		s.do(t, func(tx *Tx) error { return tx.FailRemoteMedia(ctx, m.ID, time.Now().Add(-time.Second)) })
		if !lease(other, time.Now().Add(-time.Millisecond)) || !lease(s, later) {
			t.Error("a lease that is over is not given")
		}
		v.fetched(m)
		if got := v.mediaOf(a.FileKey); lease(s, later) || got.Failures != 0 || got.FetchedAt == 0 {
			t.Errorf("what is here is fetched: %+v", got)
		}
	})
}

// Posts would go on saying of their pictures what other servers claimed, and apps would not hear of
// it.
func TestWhatWasFetchedCorrectsWhatWasClaimed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := v.remote("bo", "orchard.example")
		post, a := v.media(bo, "https://orchard.example/1.png")
		v.fetched(v.mediaOf(a.FileKey))
		got := must(s.Attachments(ctx, []int64{post.ID}))[post.ID][0]
		if got.Width != 640 || got.Height != 480 || got.Blurhash != "hash" || v.status(post).Version != post.Version+1 {
			t.Errorf("%+v", got)
		}
		v.fetched(v.mediaOf(a.FileKey))
		if v.status(post).Version != post.Version+1 {
			t.Error("the same again counts as a change")
		}
		if _, again := v.media(bo, "https://orchard.example/1.png"); again.Width != 640 || again.Blurhash != "hash" {
			t.Errorf("known already: %+v", again)
		}
	})
}

// The disk would fill with what nobody looks at, or a picture would be gone for good.
func TestOldMediaAreEvictedAndWanted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		_, a := v.media(v.remote("bo", "orchard.example"), "https://orchard.example/1.png")
		v.fetched(v.mediaOf(a.FileKey))
		evict := func(before time.Time) (n int64) {
			s.do(t, func(tx *Tx) (err error) { n, err = tx.EvictRemoteMedia(ctx, before); return err })
			return n
		}
		if evict(time.Now().Add(-time.Hour)) != 0 || !v.isThere(a.FileKey) {
			t.Error("what is young is gone")
		}
		if evict(time.Now().Add(time.Second)) != 1 || v.isThere(a.FileKey) || v.isThere(a.PreviewKey) || evict(time.Now().Add(time.Second)) != 0 {
			t.Error("what is old is still there")
		}
		m := v.mediaOf(a.FileKey)
		if m.FetchedAt != 0 || m.MediaType != "image/png" {
			t.Errorf("%+v", m)
		}
		s.do(t, func(tx *Tx) error {
			got, err := tx.LeaseRemoteMedia(ctx, m.ID, time.Now().Add(time.Minute))
			if err == nil && !got {
				t.Error("it cannot be fetched again")
			}
			return err
		})
	})
}

// Pictures of deleted posts and of suspended people and servers would go on being served.
func TestMediaAreShownAsLongAsWhatShowsThem(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		bo := remoteAccount("bo", "orchard.example")
		bo.Avatar = "https://cdn.example/bo.png"
		s.do(t, func(tx *Tx) (err error) { bo, err = tx.PutRemoteAccount(ctx, bo); return err })
		post, a := v.media(bo, "https://orchard.example/1.png")
		twin, b := v.media(bo, "https://orchard.example/2.png")
		linked := v.post(bo, VisibilityPublic, func(n *NewStatus) { n.Link = "https://news.example/1" })
		card := must(s.Cards(ctx, []int64{linked.ID}))[linked.ID]
		card.Type, card.Title, card.ImageURL = "link", "News", "https://news.example/1.png"
		s.do(t, func(tx *Tx) error {
			if err := tx.PutRemoteEmojis(ctx, "orchard.example", []Emoji{{Shortcode: "blob", RemoteURL: "https://cdn.example/blob.png"}}); err != nil {
				return err
			}
			return tx.PutCard(ctx, card)
		})
		emoji := must(s.EmojisNamed(ctx, "orchard.example", []string{"blob"}))[0]
		card = must(s.CardByID(ctx, card.ID))
		avatar := bo.Avatar[len("/media/") : len(bo.Avatar)-len("/avatar")]
		keys := []string{avatar, a.FileKey, b.FileKey, card.ImageKey, emoji.Picture}
		want := func(when string, shown ...bool) {
			t.Helper()
			for i, key := range keys {
				if got := must(s.RemoteMediaShown(ctx, v.mediaOf(key))); got != shown[i] {
					t.Errorf("%s: %d is shown: %v", when, i, got)
				}
			}
		}
		for _, key := range keys {
			v.fetched(v.mediaOf(key))
		}
		v.forgetMedia()
		want("at first", true, true, true, true, true)
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, post.ID); return err })
		want("without a post", true, false, true, true, true)
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, bo.ID, true) })
		want("suspended", false, false, false, false, true)
		v.forgetMedia()
		if v.isThere(avatar) || v.isThere(a.FileKey) || v.isThere(b.PreviewKey) || !v.isThere(emoji.Still) {
			t.Error("files of somebody who is suspended are there, or those of others are not")
		}
		if _, err := s.RemoteMediaByKey(ctx, a.FileKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("of a deleted post: %v", err)
		}
		keys[1] = b.FileKey
		s.do(t, func(tx *Tx) error { return tx.SetSuspended(ctx, bo.ID, false) })
		want("no more suspended", true, true, true, true, true)
		s.do(t, func(tx *Tx) error {
			return tx.PutDomainPolicy(ctx, DomainPolicy{Domain: "orchard.example", Action: DomainBlock})
		})
		want("blocked", false, false, false, false, false)
		_ = twin
	})
}

// A card would stay when nobody leads there any more, show what the page before said, or be kept
// again for each post.
func TestCardsFollowTheirPosts(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		lead := func(url string) Status {
			return v.post(ana, VisibilityPublic, func(n *NewStatus) { n.Link = url })
		}
		one, two, none := lead("https://news.example/1"), lead("https://news.example/1"), lead("")
		cards := must(s.Cards(ctx, []int64{one.ID, two.ID, none.ID}))
		if len(cards) != 2 || cards[one.ID].ID != cards[two.ID].ID || !cards[one.ID].Due(time.Now()) {
			t.Fatalf("%+v", cards)
		}
		card := cards[one.ID]
		s.do(t, func(tx *Tx) error { return tx.FailCard(ctx, card.ID, time.Now().Add(time.Hour)) })
		if got := must(s.CardByID(ctx, card.ID)); got.Due(time.Now()) || got.Failures != 1 || !got.Due(time.Now().Add(2*time.Hour)) {
			t.Errorf("%+v", got)
		}
		card.Type, card.Title, card.ImageURL = "link", "News", "https://news.example/1.png"
		s.do(t, func(tx *Tx) error { return tx.PutCard(ctx, card) })
		got := must(s.Cards(ctx, []int64{one.ID}))[one.ID]
		if got.Title != "News" || got.ImageKey == "" || got.Due(time.Now().Add(999*time.Hour)) || v.status(one).Version != one.Version+1 {
			t.Errorf("%+v", got)
		}
		v.fetched(v.mediaOf(got.ImageKey))
		if got := must(s.CardByID(ctx, card.ID)); got.Width != 640 || got.Blurhash != "hash" || v.status(two).Version != two.Version+2 {
			t.Errorf("%+v", got)
		}
		forget := func() (n int64) {
			const count = `SELECT COUNT(*) FROM card`
			s.do(t, func(tx *Tx) error {
				var left int64
				if err := tx.get(ctx, &n, count); err != nil {
					return err
				}
				last, err := tx.ForgetCards(ctx, 0)
				if err == nil && last != 0 {
					last, err = tx.ForgetCards(ctx, last)
				}
				if last != 0 {
					t.Errorf("after the last card there is %d", last)
				}
				if err == nil {
					err = tx.get(ctx, &left, count)
				}
				n -= left
				return err
			})
			return n
		}
		s.do(t, func(tx *Tx) error {
			_, err := tx.EditStatus(ctx, Edit{StatusID: one.ID, Content: "<p>x</p>", Link: "https://news.example/2"})
			return err
		})
		if got := must(s.Cards(ctx, []int64{one.ID}))[one.ID]; got.URL != "https://news.example/2" || got.Title != "" || forget() != 0 {
			t.Errorf("after an edit: %+v", got)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, two.ID); return err })
		if shown := must(s.CardInUse(ctx, card.ID)); shown || forget() != 1 {
			t.Error("a card to which nothing leads stays")
		}
		s.do(t, func(tx *Tx) error {
			_, err := tx.EditStatus(ctx, Edit{StatusID: one.ID, Content: "<p>y</p>"})
			return err
		})
		if got := must(s.Cards(ctx, []int64{one.ID})); len(got) != 0 {
			t.Errorf("without a link: %+v", got)
		}
		v.forgetMedia()
	})
}

// Retention and every view of a picture would read whole tables.
func TestMediaOfOthersAreFoundByIndexes(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		if s.Postgres() {
			t.Skip("SKIP: the plans of SQLite stand for both")
		}
		s.do(t, func(tx *Tx) error {
			ctx := context.Background()
			for purpose := range references {
				m := RemoteMedia{Purpose: purpose, FileKey: "x"}
				if _, err := tx.RemoteMediaShown(ctx, m); err != nil {
					return err
				}
				if err := tx.FinishRemoteMedia(ctx, m); !fault.Is(err, fault.NotFound) {
					return err
				}
				if err := tx.retellAttachments(ctx, m); err != nil {
					return err
				}
				if err := tx.retellCards(ctx, m); err != nil {
					return err
				}
			}
			for _, err := range []error{
				tx.FailRemoteMedia(ctx, 1, time.Now()), tx.cardChanged(ctx, 1), tx.FailCard(ctx, 1, time.Now()),
			} {
				if err != nil {
					return err
				}
			}
			if _, err := tx.EvictRemoteMedia(ctx, time.Now()); err != nil {
				return err
			}
			if _, err := tx.RemoteMediaByKey(ctx, "x"); !fault.Is(err, fault.NotFound) {
				return err
			}
			if _, err := tx.CardInUse(ctx, 1); err != nil {
				return err
			}
			for text := range tx.session.byText {
				for _, table := range scanned(t, tx, text) {
					t.Errorf("all of %s is read by %s", table, text)
				}
			}
			return nil
		})
	})
}

// A post that shows a file or a page again while another process forgets it would show nothing for
// ever, or could not be stored.
func TestNothingIsForgottenThatAPostIsAboutToShow(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		v, ctx := village{t, s}, t.Context()
		const page, picture = "https://news.example/1", "https://orchard.example/a.png"
		post := v.post(v.remote("bo", "orchard.example"), VisibilityPublic, nil)
		s.do(t, func(tx *Tx) error {
			if _, err := tx.holdCard(ctx, page); err != nil {
				return err
			}
			_, err := tx.PutRemoteMedia(ctx, picture, MediaAttachment)
			return err
		})

		var forgetting sync.WaitGroup
		var once sync.Once
		s.do(t, func(tx *Tx) error {
			card, err := tx.holdCard(ctx, page)
			if err != nil {
				return err
			}
			m, err := tx.PutRemoteMedia(ctx, picture, MediaAttachment)
			if err != nil {
				return err
			}
			once.Do(func() {
				for _, forget := range []func(*Tx, context.Context, int64) (int64, error){(*Tx).ForgetCards, (*Tx).ForgetRemoteMedia} {
					forgetting.Go(func() { // refused if the card is used by then; the next round finds that before
						_ = other.Tx(ctx, func(tx *Tx) error { _, err := forget(tx, ctx, 0); return err })
					})
				}
			})
			done := make(chan struct{})
			go func() { forgetting.Wait(); close(done) }()
			select { // they have to wait, which cannot be seen; those who do not are fast
			case <-done:
			case <-time.After(200 * time.Millisecond):
			}
			if _, err := tx.exec(ctx, `INSERT INTO status_card (status_id, card_id) VALUES (?, ?)`, post.ID, card); err != nil {
				return err
			}
			return tx.insertAttachment(ctx, Attachment{ID: 1, AccountID: post.AccountID, StatusID: post.ID, RemoteURL: picture, FileKey: m.FileKey})
		})
		forgetting.Wait()
		for _, a := range must(s.Attachments(ctx, []int64{post.ID}))[post.ID] {
			if _, err := s.RemoteMediaByKey(ctx, a.FileKey); err != nil {
				t.Errorf("the picture of the post: %v", err)
			}
		}
		if got := must(s.Cards(ctx, []int64{post.ID})); len(got) != 1 {
			t.Errorf("cards %+v", got)
		}
	})
}

// A file that was fetched while another process threw away the one before would be there and not be
// counted, so that it never goes, or be thrown away at once.
func TestWhatIsFetchedAnewIsNotWhatIsEvicted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		_, attached := v.media(v.remote("bo", "orchard.example"), "https://orchard.example/a.png")
		key := attached.FileKey
		v.fetched(v.mediaOf(key))
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE remote_media SET fetched_at = fetched_at - 1000`)
			return err
		})
		stale := v.mediaOf(key)
		for range 2 {
			s.do(t, func(tx *Tx) error { return tx.DropRemoteMedia(ctx, stale) })
			if v.isThere(key) || v.mediaOf(key).FetchedAt != 0 {
				t.Error("what was evicted is there")
			}
		}
		v.fetched(v.mediaOf(key))
		s.do(t, func(tx *Tx) error { return tx.DropRemoteMedia(ctx, stale) })
		if size := must(s.RemoteMediaSize(ctx)); !v.isThere(key) || size.Files != 1 || size.Bytes != 2 {
			t.Errorf("what was fetched anew: %v, %+v", v.isThere(key), size)
		}
		for range 30 { // at the same time, in either order
			known := v.mediaOf(key)
			var both sync.WaitGroup
			both.Go(func() { s.do(t, func(tx *Tx) error { return tx.DropRemoteMedia(ctx, known) }) })
			both.Go(func() { v.fetched(known) })
			both.Wait()
			if is, counted := v.isThere(key), v.mediaOf(key).FetchedAt != 0; is != counted {
				t.Fatalf("there: %v, counted: %v", is, counted)
			}
			v.fetched(v.mediaOf(key))
		}
	})
}

// If this failed, a page could name anybody as its author, or a site could not speak for what is
// under it.
func TestAPageCreditsWhoSaysSoToo(t *testing.T) {
	author := Account{ID: 1, AttributionDomains: Texts{"news.example"}}
	for name, c := range map[string]struct {
		page     string
		named    int64
		hidden   bool
		credited bool
	}{
		"there":             {"https://news.example/", 1, false, true},
		"under it":          {"https://www.news.example:8443/", 1, false, true},
		"another":           {"https://evilnews.example/", 1, false, false},
		"above it":          {"https://example/", 1, false, false},
		"somebody else":     {"https://news.example/", 2, false, false},
		"who is suspended":  {"https://news.example/", 1, true, false},
		"nowhere":           {"", 1, false, false},
		"nobody, of nobody": {"https://news.example/", 0, false, false},
	} {
		author.Hidden = c.hidden
		if got := (Card{AuthorID: c.named, ProviderURL: c.page}).Credited(author); got != c.credited {
			t.Errorf("%s: %v", name, got)
		}
	}
}

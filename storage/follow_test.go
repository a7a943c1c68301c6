package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
	"tulou/storage/storagetest"
)

// A composer would say a wrong number of servers that get a post.
func TestFollowerPlacesCountsServersOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		for i, follower := range []Account{v.local("ben"), v.remote("bo", "orchard.example"), v.remote("iris", "orchard.example"), v.remote("kim", "meadow.example")} {
			v.follow(follower, ana)
			followers, servers, err := s.FollowerPlaces(ctx, ana.ID)
			if want := []int64{1, 2, 2, 3}[i]; err != nil || followers != int64(i+1) || servers != want {
				t.Errorf("after %d: %d followers on %d servers, want %d; %v", i+1, followers, servers, want, err)
			}
		}
	})
}

// Counts would drift when a peer repeats itself.
func TestFollowIsCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		for range 2 {
			v.follow(ana, bo)
			v.follow(ana, bo)
			if a, b := v.account(ana), v.account(bo); a.FollowingCount != 1 || b.FollowersCount != 1 {
				t.Errorf("following %d, followers %d", a.FollowingCount, b.FollowersCount)
			}
			for range 2 {
				err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.DeleteFollow(ctx, ana.ID, bo.ID); return err })
				if err != nil && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			}
			if a, b := v.account(ana), v.account(bo); a.FollowingCount != 0 || b.FollowersCount != 0 {
				t.Errorf("after unfollowing: following %d, followers %d", a.FollowingCount, b.FollowersCount)
			}
		}
		if err := s.Tx(ctx, func(tx *Tx) error {
			_, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: ana.ID})
			return err
		}); !fault.Is(err, fault.Unprocessable) {
			t.Errorf("following oneself: %v", err)
		}
	})
}

// A request would count as a follow, or an accepted one become a request again.
func TestFollowRequestIsAcceptedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		ask := func(uri string) {
			s.do(t, func(tx *Tx) error {
				_, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: bo.ID, URI: uri, Boosts: true})
				return err
			})
		}
		ask("https://a.example/1")
		if got := must(s.FollowRequests(ctx, bo.ID, Page{})); len(got) != 1 || got[0].ID != ana.ID {
			t.Errorf("requests: %v", got)
		}
		if got := must(s.Followers(ctx, Everybody, bo.ID, Page{})); len(got) != 0 {
			t.Errorf("followers: %v", got)
		}
		for _, want := range []bool{true, false} {
			s.do(t, func(tx *Tx) error {
				changed, err := tx.AcceptFollow(ctx, ana.ID, bo.ID)
				if changed != want {
					t.Errorf("accepted: %v, want %v", changed, want)
				}
				return err
			})
		}
		ask("")
		f := must(s.FollowByURI(ctx, "https://a.example/1"))
		if !f.Accepted || v.account(bo).FollowersCount != 1 {
			t.Errorf("asked again: %+v", f)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { _, err := tx.AcceptFollow(ctx, bo.ID, ana.ID); return err }); !fault.Is(err, fault.NotFound) {
			t.Errorf("accepting what nobody asked: %v", err)
		}
		if !must(s.FollowedHere(ctx, bo.ID)) || must(s.FollowedHere(ctx, ana.ID)) {
			t.Error("who is followed here is not known")
		}
	})
}

// Pages of followers would overlap or leave somebody out.
func TestPagesMeetWithoutGapOrOverlap(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		for n := range 7 {
			v.follow(v.remote(fmt.Sprintf("r%d", n), "orchard.example"), ana)
		}
		all := must(s.Followers(ctx, Everybody, ana.ID, Page{}))
		if len(all) != 7 || !slices.IsSortedFunc(all, func(a, b Entry) int { return int(b.Key - a.Key) }) {
			t.Fatalf("all: %v", all)
		}
		for name, c := range map[string]struct {
			page Page
			want []Entry
		}{
			"first":         {Page{Limit: 3}, all[:3]},
			"below max":     {Page{Limit: 3, MaxID: all[2].Key}, all[3:6]},
			"above since":   {Page{Limit: 2, SinceID: all[4].Key}, all[:2]},
			"next to min":   {Page{Limit: 2, MinID: all[4].Key}, all[2:4]},
			"between":       {Page{SinceID: all[5].Key, MaxID: all[1].Key}, all[2:5]},
			"min below max": {Page{Limit: 9, MinID: all[5].Key, MaxID: all[1].Key}, all[2:5]},
			"nothing":       {Page{MaxID: 1}, nil},
		} {
			if diff := cmp.Diff(c.want, must(s.Followers(ctx, Everybody, ana.ID, c.page))); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// A list would grow without bound, or be longer than clients expect.
func TestPageLimits(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error {
			for n := range AccountPageMax + 1 {
				if err := tx.PutDomainMute(ctx, ana.ID, fmt.Sprintf("h%d.example", n)); err != nil {
					return err
				}
			}
			return nil
		})
		for limit, want := range map[int]int{0: PageDefault, -1: PageDefault, 5: 5, 1000: AccountPageMax} {
			if got := must(s.DomainMutes(ctx, ana.ID, Page{Limit: limit})); len(got) != want {
				t.Errorf("limit %d: %d rows, want %d", limit, len(got), want)
			}
		}
	})
}

// A post would go twice to a server, or to people who must not get it.
func TestFollowerInboxes(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, local := v.local("ana"), v.local("local")
		one, two := v.remote("one", "orchard.example"), v.remote("two", "orchard.example")
		lone := remoteAccount("lone", "lone.example")
		lone.SharedInbox = ""
		var blocker, blocked, suspended, evil Account
		s.do(t, func(tx *Tx) (err error) {
			lone, err = tx.PutRemoteAccount(ctx, lone)
			return err
		})
		blocker, blocked = v.remote("x", "a.example"), v.remote("x", "b.example")
		suspended, evil = v.remote("x", "c.example"), v.remote("x", "sub.evil.example")
		for _, a := range []Account{local, one, two, lone, blocker, blocked, suspended, evil} {
			v.follow(a, ana)
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.exec(ctx, `INSERT INTO block (id, account_id, target_id, uri, created_at) VALUES (1, ?, ?, '', 0), (2, ?, ?, '', 0)`,
				blocker.ID, ana.ID, ana.ID, blocked.ID); err != nil {
				return err
			}
			if err := tx.SetSuspended(ctx, suspended.ID, true); err != nil {
				return err
			}
			return tx.PutDomainPolicy(ctx, DomainPolicy{Domain: "evil.example", Action: DomainBlock})
		})
		got := must(s.FollowerInboxes(ctx, ana.ID))
		slices.SortFunc(got, func(a, b Inbox) int { return len(a.Host) - len(b.Host) })
		want := []Inbox{{"lone.example", "https://lone.example/users/lone/inbox"}, {"orchard.example", "https://orchard.example/inbox"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		s.do(t, func(tx *Tx) error {
			payload, err := tx.CreatePayload(ctx, []byte("{}"))
			if err != nil {
				return err
			}
			return tx.deliverToFollowers(ctx, payload, ana.ID, []Inbox{want[1], {"far.example", "https://far.example/inbox"}})
		})
		var urls []string
		if err := s.list(ctx, &urls, `SELECT inbox FROM delivery ORDER BY inbox`); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"https://far.example/inbox", want[0].URL, want[1].URL}, urls); diff != "" {
			t.Error(diff)
		}
	})
}

// A post to many would write a row for every follower, and queueing it take seconds.
func TestTenThousandFollowersOnFiveHundredHosts(t *testing.T) {
	fresh := func(url func(testing.TB) string) func(t *testing.T) { // emptying this many would take long
		return func(t *testing.T) { queueTenThousand(t, open(t, url(t))) }
	}
	t.Run("sqlite", fresh(storagetest.SQLite))
	t.Run("postgres", fresh(storagetest.Postgres))
}

func queueTenThousand(t *testing.T, s *Store) {
	v, ctx := village{t, s}, t.Context()
	ana := v.local("ana")
	followTenThousand(t, s, ana)
	start := time.Now()
	s.do(t, func(tx *Tx) error {
		payload, err := tx.CreatePayload(ctx, []byte("{}"))
		if err != nil {
			return err
		}
		return tx.deliverToFollowers(ctx, payload, ana.ID, nil)
	})
	t.Logf("queued in %v", time.Since(start))
	var rows int
	if err := s.get(ctx, &rows, `SELECT COUNT(*) FROM delivery`); err != nil || rows != 500 {
		t.Errorf("%d deliveries, %v", rows, err)
	}
}

// followTenThousand gives somebody 10,000 followers on 500 hosts, by SQL since it is many.
func followTenThousand(t testing.TB, s *Store, target Account) {
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) `
	s.do(t, func(tx *Tx) error {
		_, err := tx.exec(t.Context(), numbers+`
			INSERT INTO account (id, uri, name, name_key, host, inbox, shared_inbox, inbox_host, created_at)
			SELECT i, 'https://h' || (i % 500) || '.example/users/' || i, 'f' || i, 'f' || i, 'h' || (i % 500) || '.example',
				'https://h' || (i % 500) || '.example/users/' || i || '/inbox', 'https://h' || (i % 500) || '.example/inbox',
				'h' || (i % 500) || '.example', 0 FROM n`)
		if err != nil {
			return err
		}
		_, err = tx.exec(t.Context(), numbers+`
			INSERT INTO follow (id, account_id, target_id, uri, accepted, created_at) SELECT i, i, ?, '', TRUE, 0 FROM n`, target.ID)
		return err
	})
}

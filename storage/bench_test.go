package storage

import (
	"fmt"
	"testing"

	"tulou/storage/storagetest"
)

// eachBench is each for benchmarks.
func eachBench(b *testing.B, bench func(b *testing.B, s *Store)) {
	b.Run("sqlite", func(b *testing.B) { bench(b, open(b, storagetest.SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { bench(b, open(b, storagetest.Postgres(b))) })
}

// town is a node with some life in it: ana follows 50 of 200 remote people, who wrote 5,000 posts.
func town(b *testing.B, s *Store) (ana Account, people []Account) {
	b.Helper()
	v := village{b, s}
	ana = v.local("ana")
	s.do(b, func(tx *Tx) error {
		ctx := b.Context()
		for n := range 200 {
			a, err := tx.PutRemoteAccount(ctx, remoteAccount(fmt.Sprintf("p%d", n), fmt.Sprintf("h%d.example", n%20)))
			if err != nil {
				return err
			}
			people = append(people, a)
			if n < 50 {
				if _, err := tx.PutFollow(ctx, Follow{AccountID: ana.ID, TargetID: a.ID, Accepted: true, Boosts: true}); err != nil {
					return err
				}
			}
		}
		for n := range 5000 {
			made, err := tx.CreateStatus(ctx, v.newStatus(people[n%200], VisibilityPublic, func(n *NewStatus) {
				n.Tags = []Tag{{Tag: "tea", Name: "tea"}}
			}))
			if err != nil {
				return err
			}
			if _, err := tx.FanOut(ctx, made); err != nil {
				return err
			}
		}
		return nil
	})
	return ana, people
}

// What a peer waits for before it is answered 202: keep the bytes, queue the job, durably.
func BenchmarkAcceptActivity(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		body := make([]byte, 2000)
		b.SetParallelism(64)
		next := make(chan int, b.N)
		for n := range b.N {
			next <- n
		}
		b.ResetTimer()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				n := <-next
				err := s.Group(b.Context(), "", func(tx *Tx) error {
					id := fmt.Sprintf("https://orchard.example/activities/%d", n)
					if _, err := tx.AcceptActivity(b.Context(), id, "https://orchard.example/users/bo", body, 0); err != nil {
						return err
					}
					return tx.Enqueue(b.Context(), Job{Queue: "in", Lane: fmt.Sprint(n % 50), Kind: "Create", Payload: []byte(id)})
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// A post arrives and goes into home timelines, 50 in a transaction as the runner does.
func BenchmarkCreateStatusAndFanOut(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		_, people := town(b, s)
		v := village{b, s}
		b.ResetTimer()
		for n := 0; n < b.N; n += 50 {
			s.do(b, func(tx *Tx) error {
				for i := range min(50, b.N-n) {
					made, err := tx.CreateStatus(b.Context(), v.newStatus(people[i], VisibilityPublic, nil))
					if err != nil {
						return err
					}
					if _, err := tx.FanOut(b.Context(), made); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
}

// Timelines of 20: the stamps alone, as when every post was rendered before, and with the posts.
func BenchmarkTimelines(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		ana, people := town(b, s)
		ctx := b.Context()
		for name, read := range map[string]func() ([]Stamp, error){
			"home":      func() ([]Stamp, error) { return s.Home(ctx, ana.ID, Page{}) },
			"public":    func() ([]Stamp, error) { return s.Public(ctx, ana.ID, Everywhere, Page{}) },
			"anonymous": func() ([]Stamp, error) { return s.Public(ctx, 0, Everywhere, Page{}) },
			"tag": func() ([]Stamp, error) {
				return s.Tag(ctx, ana.ID, TagFilter{Any: []string{"tea"}}, Everywhere, Page{})
			},
			"account": func() ([]Stamp, error) { return s.AccountStatuses(ctx, ana.ID, people[0].ID, AccountFilter{}, Page{}) },
			"home with statuses": func() ([]Stamp, error) {
				stamps, err := s.Home(ctx, ana.ID, Page{})
				if err != nil {
					return nil, err
				}
				_, err = s.Statuses(ctx, stamps)
				return stamps, err
			},
		} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if stamps, err := read(); err != nil || len(stamps) != 20 {
						b.Fatalf("%d, %v", len(stamps), err)
					}
				}
			})
		}
	})
}

// A post to 10,000 followers on 500 hosts, until it is queued.
func BenchmarkDeliverToTenThousand(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		ana := village{b, s}.local("ana")
		followTenThousand(b, s, ana)
		b.ResetTimer()
		for b.Loop() {
			s.do(b, func(tx *Tx) error {
				payload, err := tx.CreatePayload(b.Context(), []byte("{}"))
				if err != nil {
					return err
				}
				return tx.deliverToFollowers(b.Context(), payload, ana.ID, nil)
			})
		}
	})
}

// Leasing a destination, delivering and giving it back: what the queue costs for each delivery.
func BenchmarkDeliveryQueue(b *testing.B) {
	eachBench(b, func(b *testing.B, s *Store) {
		var inboxes []Inbox
		for n := range 500 {
			inboxes = append(inboxes, inboxAt(fmt.Sprintf("h%d.example", n)))
		}
		b.ResetTimer()
		for n := 0; n < b.N; n += 500 {
			s.deliver(b, inboxes...)
			for {
				found, err := s.ClaimDestinations(b.Context(), 100)
				if err != nil {
					b.Fatal(err)
				}
				if len(found) == 0 {
					break
				}
				done := make(chan error, len(found))
				for _, d := range found {
					go func() { done <- s.ReleaseDestination(b.Context(), d, Outcome{Delivered: d.all()}) }()
				}
				for range found {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
}

package moments

import (
	"fmt"
	"testing"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// hears has the stage take an Add or Remove of comments on a Moment.
func (s *stage) hears(kind string, author storage.Account, moment string, comments ...string) {
	s.t.Helper()
	a := named(kind, moment, comments)
	apply := s.receiveNames
	if kind == "Remove" {
		apply = s.receiveRemoval
	}
	s.do(func(tx *storage.Tx) error {
		return apply(s.t.Context(), tx, federation.In{Actor: author, Activity: &a})
	})
}

// comes has the stage take a Moment, for ana.
func (s *stage) comes(author storage.Account, uri string) storage.Moment {
	s.t.Helper()
	wire := vocab.Moment{ID: uri, Type: vocab.TypeMoment, AttributedTo: author.URI, Content: "x", MediaType: plainText, Published: time.Now()}
	a := vocab.Activity{Type: "Create", ID: uri + "#create", Actor: author.URI, To: []string{s.ana.URI}, Object: object(wire)}
	s.do(func(tx *storage.Tx) error {
		return s.receiveMoment(s.t.Context(), tx, federation.In{Actor: author, Activity: &a})
	})
	m, err := s.Store.MomentByURI(s.t.Context(), uri)
	if err != nil {
		s.t.Fatal(err)
	}
	return m
}

// asks is how many comments on a Moment are to be asked for, of those with the numbers below n.
func (s *stage) asks(m storage.Moment, n int) (found int) {
	s.t.Helper()
	for i := range n {
		p, err := s.Store.MomentPointerOf(s.t.Context(), m.ID, earlyURI(i))
		if err == nil && p.Waiting {
			found++
		} else if !fault.Is(err, fault.NotFound) {
			s.t.Fatal(p, err)
		}
	}
	return found
}

func earlyURI(n int) string { return fmt.Sprint("https://pond.example/moments/comments/", n) }

func TestCommentsMayBeNamedBeforeTheirMomentComes(t *testing.T) {
	// If this failed, a comment that is named before its Moment has come would never be seen here; or
	// a stranger's node, or the node of a friend, could fill the database with names of nothing.
	for name, database := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			s := newStageOn(t, database(t))
			bo, _ := s.friend("bo", "orchard.example"), s.friend("cy", "pond.example")
			one, other, many := bo.URI+"/moments/1", bo.URI+"/moments/2", bo.URI+"/moments/3"
			for range 2 {
				s.hears("Add", bo, one, earlyURI(0), earlyURI(1), "https://nobody.example/c/1")
			}
			s.hears("Remove", bo, one, earlyURI(1))
			m := s.comes(bo, one)
			if got := s.asks(m, 2); got != 1 {
				t.Errorf("%d comments are asked for, not 1", got)
			}
			if _, err := s.Store.MomentPointerOf(t.Context(), m.ID, "https://nobody.example/c/1"); !fault.Is(err, fault.NotFound) {
				t.Errorf("asked for where nobody here has a friend: %v", err)
			}
			depths, err := s.Store.LaneLength(t.Context(), queueWork, "moments fetch pond.example", 10)
			if err != nil || depths != 1 {
				t.Errorf("%d jobs ask for it: %v", depths, err)
			}

			var eve storage.Account
			s.do(func(tx *storage.Tx) (err error) {
				eve, err = tx.PutRemoteAccount(t.Context(), storage.Account{URI: "https://orchard.example/users/eve", Name: "eve", Host: "orchard.example",
					Type: "Person", Inbox: "https://orchard.example/eve"})
				return err
			})
			s.hears("Add", eve, other, earlyURI(0))
			s.do(func(tx *storage.Tx) error {
				held, err := tx.TakeEarlyComments(t.Context(), eve.ID, other)
				if len(held) != 0 {
					t.Errorf("of a stranger is held: %v", held)
				}
				return err
			})
			if got := s.asks(s.comes(bo, other), 1); got != 0 {
				t.Errorf("%d are asked for by the word of another", got)
			}

			for n := 0; n < storage.MomentEarlyMax+namesMax; n += namesMax {
				var list []string
				for i := range namesMax {
					list = append(list, earlyURI(n+i))
				}
				s.hears("Add", bo, many, list...)
			}
			if got := s.asks(s.comes(bo, many), storage.MomentEarlyMax+namesMax); got != storage.MomentEarlyMax {
				t.Errorf("%d of one author were held", got)
			}
			s.hears("Add", bo, bo.URI+"/moments/4", earlyURI(0))
			s.do(func(tx *storage.Tx) error {
				if n, err := tx.ForgetEarlyComments(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 1 {
					t.Errorf("forgotten: %d %v", n, err)
				}
				return nil
			})
		})
	}
}

package storage

import (
	"slices"
	"testing"
)

// If this failed, the stream of somebody who could not see a Moment, or what was said about it,
// would tell that it is gone, or that of somebody who could would not.
func TestOnlyWhoSawAMomentIsToldThatItIsGone(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo, cy := v.local("ana"), v.local("bo"), v.local("cy")
		for _, pair := range [][2]Account{{ana, bo}, {bo, ana}, {ana, cy}, {cy, ana}} {
			v.befriend(pair[0], pair[1])
		}
		id, at := s.NewID()
		said, _ := s.NewID()
		s.do(t, func(tx *Tx) error {
			m := Moment{ID: id, AccountID: ana.ID, URI: "https://harbor.example/m/1", CreatedAt: At(at)}
			if err := tx.CreateMoment(ctx, NewMoment{Moment: m, Readers: []int64{ana.ID, bo.ID, cy.ID}}); err != nil {
				return err
			}
			return tx.CreateMomentComment(ctx, MomentComment{ID: said, MomentID: id, AccountID: bo.ID, Kind: MomentCommented, URI: "https://harbor.example/c/1", CreatedAt: At(at)})
		})
		told := func(kind string, want ...Account) {
			t.Helper()
			s.do(t, func(tx *Tx) error {
				got, err := tx.momentReaders(ctx, kind, id, said)
				var ids []int64
				for _, a := range want {
					ids = append(ids, a.ID)
				}
				slices.Sort(got)
				slices.Sort(ids)
				if !slices.Equal(got, ids) {
					t.Errorf("%s: %v, want %v", kind, got, ids)
				}
				return err
			})
		}
		told(HappenedMomentDelete, ana, bo, cy)
		told(HappenedMomentUncomment, ana, bo) // cy is no friend of bo's
		s.do(t, func(tx *Tx) error { return tx.MarkFriend(ctx, ana.ID, bo.ID, FriendMarks{HideMine: true}) })
		told(HappenedMomentDelete, ana, cy)
		told(HappenedMomentUncomment, ana)
		told(HappenedMoment, ana, bo, cy) // whom streams ask about before they show it
	})
}

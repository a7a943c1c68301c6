package storage

import (
	"slices"
	"testing"

	"tulou/protocol/fault"
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
			_, err := tx.CreateMomentComment(ctx, MomentComment{ID: said, MomentID: id, AccountID: bo.ID, Kind: MomentCommented, URI: "https://harbor.example/c/1", CreatedAt: At(at)})
			return err
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

// If this failed, of two comments that were made in the same millisecond, as those of servers that
// count seconds are, the second would be taken for a copy of the first and be lost.
func TestCommentsOfOneInstantAreTwo(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana, bo := v.local("ana"), v.remote("bo", "orchard.example")
		id, at := s.NewID()
		var kept []MomentComment
		s.do(t, func(tx *Tx) error {
			kept = nil
			m := Moment{ID: id, AccountID: ana.ID, URI: "https://harbor.example/m/1", CreatedAt: At(at)}
			if err := tx.CreateMoment(ctx, NewMoment{Moment: m, Readers: []int64{ana.ID, bo.ID}}); err != nil {
				return err
			}
			for _, uri := range []string{"https://orchard.example/c/1", "https://orchard.example/c/2", "https://orchard.example/c/2"} {
				c, err := tx.CreateMomentComment(ctx, MomentComment{ID: 77, MomentID: id, AccountID: bo.ID, Kind: MomentCommented, URI: uri, CreatedAt: At(at)})
				if err != nil && !fault.Is(err, fault.Conflict) {
					return err
				}
				if err == nil {
					kept = append(kept, c)
				}
			}
			return nil
		})
		if len(kept) != 2 || kept[0].ID != 77 || kept[1].ID != 78 {
			t.Errorf("kept %+v", kept)
		}
		if c := must(s.MomentCommentByID(ctx, 78)); c.URI != "https://orchard.example/c/2" {
			t.Errorf("%+v", c)
		}
	})
}

package storage

import (
	"slices"
	"testing"
)

// Somebody would be shown people whom they mute, or of a host that they do not want to see, where
// they only look around.
func TestDirectoryLeavesOutWhomTheViewerDoesNotWant(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		var everybody []int64
		for _, host := range []string{"kept.example", "muted.example", "blocked.example", "fog.example", "gone.example"} {
			s.do(t, func(tx *Tx) error {
				bo := remoteAccount("bo", host)
				bo.Discoverable = true
				bo, err := tx.PutRemoteAccount(ctx, bo)
				if err != nil {
					return err
				}
				everybody = append(everybody, bo.ID)
				switch host {
				case "muted.example":
					return tx.PutMute(ctx, Mute{AccountID: ana.ID, TargetID: bo.ID})
				case "blocked.example":
					_, err = tx.PutBlock(ctx, ana.ID, bo.ID, "block")
				case "fog.example":
					err = tx.PutDomainMute(ctx, ana.ID, host)
				case "gone.example":
					err = tx.SetSuspended(ctx, bo.ID, true)
				}
				return err
			})
		}
		for _, latest := range []bool{false, true} {
			listed := func(viewer int64) (ids []int64) {
				for _, a := range must(s.Directory(ctx, viewer, false, latest, 0, 40)) {
					ids = append(ids, a.ID)
				}
				slices.Sort(ids)
				return ids
			}
			if got := listed(ana.ID); !slices.Equal(got, everybody[:1]) {
				t.Errorf("ana sees %v, want %v", got, everybody[:1])
			}
			if got := listed(0); !slices.Equal(got, everybody[:4]) {
				t.Errorf("a stranger sees %v, want %v", got, everybody[:4])
			}
		}
	})
}

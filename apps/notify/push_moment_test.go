package notify

import (
	"strings"
	"testing"

	"tulou/storage"
)

// said makes a Moment of author's, and what a friend says about it.
func (h house) said(author, friend storage.Account, kind, words string) (c storage.MomentComment) {
	h.t.Helper()
	ctx := h.t.Context()
	id, at := h.store.NewID()
	moment := storage.Moment{ID: id, AccountID: author.ID, URI: author.URI + "/m/" + kind + words, Body: "the boat", CreatedAt: storage.At(at), CameAt: storage.At(at)}
	h.do(func(tx *storage.Tx) (err error) {
		if _, err = tx.PutFriend(ctx, storage.Friend{AccountID: author.ID, FriendID: friend.ID, State: storage.FriendBoth}); err != nil {
			return err
		}
		if err = tx.CreateMoment(ctx, storage.NewMoment{Moment: moment, Readers: []int64{author.ID, friend.ID}}); err != nil {
			return err
		}
		c, err = tx.CreateMomentComment(ctx, storage.MomentComment{ID: id + 1, MomentID: id, AccountID: friend.ID, Kind: kind,
			URI: friend.URI + "/c/" + kind + words, Body: words, CreatedAt: storage.At(at)})
		return err
	})
	return c
}

func (h house) tellMoment(to storage.Account, c storage.MomentComment) {
	h.t.Helper()
	h.do(func(tx *storage.Tx) error { return h.NotifyMoment(h.t.Context(), tx, to.ID, c) })
}

func TestWhatFriendsSayOfMomentsIsPushedOnce(t *testing.T) {
	// If this failed, people would not learn of comments on their Moments while nothing is open, or
	// learn of each as often as it is delivered; or their programs would of what they did not ask for.
	pushing(t, func(t *testing.T, s *service) {
		ana, ben, p := s.person("ana", ""), s.person("ben", "orchard.example"), newProgram(t)
		s.subscribe(ana, p, func(n *NewSubscription) { n.Alerts = []string{storage.NotifyMomentComment} })
		comment, like := s.said(ana, ben, storage.MomentCommented, "what a boat"), s.said(ana, ben, storage.MomentLiked, "")
		for range 2 {
			s.tellMoment(ana, comment)
			s.tellMoment(ana, like)
			s.work()
		}
		if s.count() != 1 {
			t.Fatalf("%d messages came", s.count())
		}
		text := string(p.open(t, s.bodies[0]))
		if !strings.Contains(text, `"notification_type":"tulou.moment_comment"`) {
			t.Errorf("pushed: %s", text)
		}
	})
}

func TestWhatMayNotBeSeenOfMomentsIsNotPushed(t *testing.T) {
	// If this failed, somebody would be told on a locked screen of whom they muted or blocked, or of
	// what was taken back.
	for name, end := range map[string]func(t *testing.T, tx *storage.Tx, ana, ben storage.Account, c storage.MomentComment) error{
		"muted": func(t *testing.T, tx *storage.Tx, ana, ben storage.Account, _ storage.MomentComment) error {
			return tx.PutMute(t.Context(), storage.Mute{AccountID: ana.ID, TargetID: ben.ID, Notifications: true})
		},
		"blocked": func(t *testing.T, tx *storage.Tx, ana, ben storage.Account, _ storage.MomentComment) error {
			_, err := tx.PutBlock(t.Context(), ana.ID, ben.ID, "")
			return err
		},
		"taken back": func(t *testing.T, tx *storage.Tx, _, _ storage.Account, c storage.MomentComment) error {
			return tx.DeleteMomentComment(t.Context(), c)
		},
		"nothing happened": func(*testing.T, *storage.Tx, storage.Account, storage.Account, storage.MomentComment) error {
			return nil
		},
	} {
		want := 0
		if name == "nothing happened" {
			want = 1
		}
		for _, first := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				pushing(t, func(t *testing.T, s *service) {
					ana, ben := s.person("ana", ""), s.person("ben", "orchard.example")
					s.subscribe(ana, newProgram(t), func(n *NewSubscription) { n.Alerts = storage.OwnNotificationTypes() })
					comment := s.said(ana, ben, storage.MomentCommented, "what a boat")
					if first && name != "taken back" {
						s.do(func(tx *storage.Tx) error { return end(t, tx, ana, ben, comment) })
						s.tellMoment(ana, comment)
					} else {
						s.tellMoment(ana, comment)
						s.do(func(tx *storage.Tx) error { return end(t, tx, ana, ben, comment) })
					}
					s.work()
					if s.count() != want {
						t.Errorf("%d messages came", s.count())
					}
				})
			})
		}
	}
}

func TestPushesOfMomentsAreQueuedWithTheirNotice(t *testing.T) {
	// If this failed, a second delivery would be a second message on one of the engines, or a comment
	// would be kept that no program is told of.
	each(t, func(t *testing.T, h house) {
		ana, ben, p := h.person("ana", ""), h.person("ben", "orchard.example"), newProgram(t)
		token := h.token(ana)
		h.do(func(tx *storage.Tx) error {
			_, err := tx.PutPushSubscription(t.Context(), storage.PushSubscription{TokenID: token.ID, AccountID: ana.ID, Endpoint: endpoint,
				P256dh: p.key.PublicKey().Bytes(), Auth: p.auth, Policy: storage.PushFromAll, Alerts: storage.OwnNotificationTypes()})
			return err
		})
		comment := h.said(ana, ben, storage.MomentCommented, "what a boat")
		h.tellMoment(ana, comment)
		h.tellMoment(ana, comment)
		h.tellMoment(ben, comment) // of another node: nobody to tell
		var jobs []storage.Job
		lanes, err := h.store.ClaimLanes(t.Context(), queueWork, 10)
		check(t, err)
		for _, lane := range lanes {
			for _, job := range lane.Jobs {
				if job.Kind == JobPush {
					jobs = append(jobs, job)
				}
			}
		}
		if len(jobs) != 1 || strings.Contains(string(jobs[0].Payload), "boat") {
			t.Errorf("queued: %+v", jobs)
		}
	})
}

package storage

import (
	"os"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// Films of a person would be taken in a row, those that wait for later would be taken now, or what
// is known of turns would stay for ever.
func TestWhoHadNoTurnForLongestIsNext(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		v := village{t, s}
		ana, ben := v.local("ana").ID, v.local("ben").ID
		upload := func(a Attachment) (made Attachment) {
			s.do(t, func(tx *Tx) (err error) { made, err = tx.CreateUpload(ctx, a); return err })
			return made
		}
		film := func(of int64) int64 {
			return upload(Attachment{AccountID: of, State: MediaWaiting, Kind: KindVideo}).ID
		}
		take := func() (id int64) {
			s.do(t, func(tx *Tx) error {
				a, err := tx.TakeFilm(ctx)
				if fault.Is(err, fault.NotFound) {
					return nil
				}
				id = a.ID
				return err
			})
			return id
		}
		ready := func(id int64) {
			s.do(t, func(tx *Tx) error {
				return tx.FinishProcessing(ctx, Attachment{ID: id, State: MediaReady, Kind: KindVideo})
			})
		}
		upload(Attachment{AccountID: ana, State: MediaWaiting, Kind: KindImage})
		a1, a2, a3, b1 := film(ana), film(ana), film(ana), film(ben)
		for i, want := range []int64{a1, b1, a2} {
			if got := take(); got != want {
				t.Errorf("turn %d is of %d, want %d", i, got, want)
			}
			ready(want)
		}
		later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		s.do(t, func(tx *Tx) error { return tx.PostponeFilm(ctx, a3, later) })
		if got := take(); got != 0 {
			t.Errorf("%d is taken too soon", got)
		}
		if at, waits, err := s.NextFilm(ctx); err != nil || !waits || at != At(later) {
			t.Errorf("next at %v, %v, %v", at.Time(), waits, err)
		}
		count := func() (n int) {
			if err := s.get(ctx, &n, `SELECT COUNT(*) FROM film_turn`); err != nil {
				t.Fatal(err)
			}
			return n
		}
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ben) })
		if got := count(); got != 1 {
			t.Errorf("%d turns after one of two people went", got)
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.exec(ctx, `UPDATE film_turn SET begun_at = 5`); err != nil {
				return err
			}
			_, err := tx.ForgetUploads(ctx, time.Now().Add(-UploadsKept))
			return err
		})
		if got := count(); got != 0 {
			t.Errorf("%d turns are remembered for ever", got)
		}
	})
}

// Links that were told by an older version would lead nowhere.
func TestFilesOfOlderVersionsKeepTheirNames(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		ana := village{t, s}.local("ana").ID
		want := map[string]string{}
		s.do(t, func(tx *Tx) error {
			file := func(key, word string, of, attachment int64) error {
				want[key] = word
				return tx.CreateFile(ctx, File{Key: key, Blob: "b", MediaType: "image/png", AccountID: of, AttachmentID: attachment})
			}
			if _, err := tx.exec(ctx, `UPDATE account SET avatar = '/media/face/avatar.gif', header = '/media/sea/header.jpg' WHERE id = ?`, ana); err != nil {
				return err
			}
			a, err := tx.CreateUpload(ctx, Attachment{AccountID: ana, FileKey: "large", PreviewKey: "little", SourceKey: "raw"})
			if err != nil {
				return err
			}
			avatar, err := tx.PutRemoteMedia(ctx, "https://orchard.example/a.png", MediaAvatar)
			if err != nil {
				return err
			}
			apple, err := tx.PutRemoteMedia(ctx, "https://orchard.example/b.png", MediaAttachment)
			if err != nil {
				return err
			}
			smile, err := tx.PutRemoteMedia(ctx, "https://orchard.example/c.png", MediaEmoji)
			if err != nil {
				return err
			}
			own, err := tx.CreateEmoji(ctx, Emoji{Shortcode: "own", Picture: "mine", Still: "mine-still"})
			if err != nil {
				return err
			}
			for _, f := range []struct {
				key, word      string
				of, attachment int64
			}{
				{"face", "avatar", ana, 0}, {"face-still", "avatar", ana, 0}, {"sea", "header", ana, 0},
				{"large", "original", ana, a.ID}, {"little", "small", ana, a.ID}, {"raw", "", ana, a.ID},
				{avatar.FileKey, "avatar", 0, 0}, {apple.FileKey, "original", 0, 0}, {apple.PreviewKey, "small", 0, 0},
				{smile.FileKey, "emoji", 0, 0}, {smile.PreviewKey, "still", 0, 0}, {own.Picture, "emoji", 0, 0}, {own.Still, "still", 0, 0}, {"lost", "", 0, 0},
			} {
				if err := file(f.key, f.word, f.of, f.attachment); err != nil {
					return err
				}
			}
			script, err := os.ReadFile("migrations/00015_films.sql")
			if err != nil {
				return err
			}
			for command := range strings.SplitSeq(string(script), ";") {
				if at := strings.Index(command, "UPDATE file SET word"); at >= 0 {
					if err := tx.session.run(command[at:]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		for key, word := range want {
			if f, err := s.File(ctx, key); err != nil || f.Word != word {
				t.Errorf("%s is called %q, want %q (%v)", key, f.Word, word, err)
			}
		}
	})
}

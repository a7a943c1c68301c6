package storage

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// upload makes an upload with a file for it.
func (v village) upload(a Account) Attachment {
	v.t.Helper()
	made := Attachment{AccountID: a.ID, Kind: KindImage, MediaType: "image/png", FileKey: NewFileKey(), Width: 3, Focus: "0.5,-1"}
	v.s.do(v.t, func(tx *Tx) (err error) {
		if made, err = tx.CreateUpload(v.t.Context(), made); err != nil {
			return err
		}
		return tx.CreateFile(v.t.Context(), File{Key: made.FileKey, Blob: made.FileKey, MediaType: "image/png", AccountID: a.ID, AttachmentID: made.ID})
	})
	return made
}

func shownIDs(s *Store, t *testing.T, status int64) (ids []int64) {
	t.Helper()
	for _, a := range must(s.Attachments(t.Context(), []int64{status}))[status] {
		ids = append(ids, a.ID)
	}
	return ids
}

// If this failed, somebody could take another's picture, one could be in two posts, or an edit
// would lose what a post showed.
func TestUploadsAreOfOnePostOfTheirOwner(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		ctx := t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		one, two, foreign := v.upload(ana), v.upload(ana), v.upload(bo)
		with := func(list ...Attachment) func(*NewStatus) { return func(n *NewStatus) { n.Attachments = list } }
		two.Description = "said while posting"
		post := v.post(ana, VisibilityPublic, with(two, one))
		if got := shownIDs(s, t, post.ID); !slices.Equal(got, []int64{two.ID, one.ID}) {
			t.Errorf("shows %v", got)
		}
		back := must(s.Attachment(ctx, two.ID))
		if back.Description != two.Description || back.Focus != "0.5,-1" || back.StatusID != post.ID || back.Width != 3 || back.FileKey != two.FileKey {
			t.Errorf("%+v", back)
		}
		waiting := v.upload(ana)
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `UPDATE attachment SET state = 'waiting' WHERE id = ?`, waiting.ID)
			return err
		})
		for name, a := range map[string]Attachment{"of another person": foreign, "of another post": one, "waiting": waiting, "unknown": {ID: 1}} {
			err := s.Tx(ctx, func(tx *Tx) error {
				_, err := tx.CreateStatus(ctx, v.newStatus(ana, VisibilityPublic, with(a)))
				return err
			})
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		three := v.upload(ana)
		edit := func(list ...Attachment) {
			t.Helper()
			s.do(t, func(tx *Tx) error {
				_, err := tx.EditStatus(ctx, Edit{StatusID: post.ID, Content: "x", Attachments: list})
				return err
			})
		}
		edit(three)
		edit(three, one)
		if got := shownIDs(s, t, post.ID); !slices.Equal(got, []int64{three.ID, one.ID}) {
			t.Errorf("shows %v", got)
		}
		before := must(s.Edits(ctx, post.ID))
		if len(before) != 2 || len(before[0].Media) != 2 || before[0].Media[0] != (VersionMedia{two.ID, two.Description}) || len(before[1].Media) != 1 {
			t.Errorf("%+v", before)
		}
		if _, err := s.Attachment(ctx, two.ID); err != nil {
			t.Errorf("what the history shows is gone: %v", err)
		}
		for range FormerMax + 3 {
			edit(v.upload(ana))
		}
		var all int
		if err := s.get(ctx, &all, `SELECT COUNT(*) FROM attachment WHERE status_id = ?`, post.ID); err != nil || all != FormerMax+1 {
			t.Errorf("%d media of one post (%v)", all, err)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.DeleteStatus(ctx, post.ID); return err })
		for _, key := range []string{one.FileKey, two.FileKey, three.FileKey} {
			if _, err := s.File(ctx, key); !fault.Is(err, fault.NotFound) {
				t.Errorf("a file of a deleted post: %v", err)
			}
		}
		if _, err := s.File(ctx, foreign.FileKey); err != nil {
			t.Error(err)
		}
	})
}

// If this failed, edits of posts of other servers would fetch everything again, or lose it.
func TestMediaOfOthersAreKnownByTheirAddress(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		zoe := v.remote("zoe", "orchard.example")
		one, two := Attachment{RemoteURL: "https://orchard.example/1"}, Attachment{RemoteURL: "https://orchard.example/2"}
		post := v.post(zoe, VisibilityPublic, func(n *NewStatus) { n.Attachments = []Attachment{one, two} })
		first := shownIDs(s, t, post.ID)
		two.Description = "new"
		s.do(t, func(tx *Tx) error {
			_, err := tx.EditStatus(t.Context(), Edit{StatusID: post.ID, Content: "x", Attachments: []Attachment{two, {RemoteURL: "https://orchard.example/3"}, one}})
			return err
		})
		now := shownIDs(s, t, post.ID)
		if len(first) != 2 || len(now) != 3 || now[0] != first[1] || now[2] != first[0] {
			t.Errorf("%v became %v", first, now)
		}
		if a := must(s.Attachment(t.Context(), now[0])); a.Description != "new" || a.AccountID != zoe.ID {
			t.Errorf("%+v", a)
		}
	})
}

// If this failed, drafts would fill the disk, or go before they are posted.
func TestUploadsWaitForADay(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		ctx := t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		old, kept, posted, young := v.upload(ana), v.upload(ana), v.upload(ana), v.upload(ana)
		v.post(ana, VisibilityPublic, func(n *NewStatus) { n.Attachments = []Attachment{posted} })
		s.do(t, func(tx *Tx) error {
			if err := tx.ReserveUploads(ctx, ana.ID, 77, []int64{kept.ID}); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `UPDATE attachment SET created_at = 1 WHERE id <> ?`, young.ID)
			return err
		})
		for name, err := range map[string]error{
			"taken":      s.Tx(ctx, func(tx *Tx) error { return tx.ReserveUploads(ctx, ana.ID, 78, []int64{kept.ID}) }),
			"of another": s.Tx(ctx, func(tx *Tx) error { return tx.ReserveUploads(ctx, bo.ID, 78, []int64{young.ID}) }),
			"posted":     s.Tx(ctx, func(tx *Tx) error { return tx.ReserveUploads(ctx, ana.ID, 78, []int64{posted.ID}) }),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		forget := func() {
			t.Helper()
			s.do(t, func(tx *Tx) error { _, err := tx.ForgetUploads(ctx, time.Now().Add(-time.Hour)); return err })
		}
		there := func(want ...Attachment) {
			t.Helper()
			for _, a := range []Attachment{old, kept, posted, young} {
				_, err := s.File(ctx, a.FileKey)
				if wanted := slices.Contains(want, a); (err == nil) != wanted {
					t.Errorf("wanted %v: %v", wanted, err)
				}
			}
		}
		forget()
		there(kept, posted, young)
		s.do(t, func(tx *Tx) error { return tx.ReleaseUploads(ctx, 77) })
		forget()
		there(posted, young)
		s.do(t, func(tx *Tx) error { return tx.DeleteUpload(ctx, ana.ID, young.ID) })
		there(posted)
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.DeleteUpload(ctx, ana.ID, posted.ID) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleting what is posted: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.KeepUploads(ctx, must(s.Attachment(ctx, posted.ID)).StatusID) })
		forget()
		there(posted)
	})
}

// If this failed, two processes would both make files of an upload, or none would after a crash.
func TestProcessingIsFinishedOnce(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		ctx := t.Context()
		a := v.upload(v.local("ana"))
		s.do(t, func(tx *Tx) error { _, err := tx.exec(ctx, `UPDATE attachment SET state = 'waiting'`); return err })
		for try := 1; try <= 2; try++ { // the second after a crash
			s.do(t, func(tx *Tx) (err error) { a, err = tx.BeginProcessing(ctx, a.ID); return err })
			if a.Tries != try {
				t.Errorf("try %d is %d", try, a.Tries)
			}
		}
		a.State, a.Duration, a.FrameRate, a.PreviewKey, a.Bitrate, a.AudioCodec = MediaReady, 1500, "30000/1001", "small", 1000, "aac"
		s.do(t, func(tx *Tx) error { return tx.FinishProcessing(ctx, a) })
		got := must(s.Attachment(ctx, a.ID))
		if got.State != MediaReady || got.Duration != 1500 || got.FrameRate != a.FrameRate || got.PreviewKey != "small" || got.AudioCodec != "aac" {
			t.Errorf("%+v", got)
		}
		for name, do := range map[string]func(*Tx) error{
			"finish": func(tx *Tx) error { return tx.FinishProcessing(ctx, a) },
			"begin":  func(tx *Tx) error { _, err := tx.BeginProcessing(ctx, a.ID); return err },
		} {
			if err := s.Tx(ctx, do); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s again: %v", name, err)
			}
		}
		got.PreviewKey, got.Description = "chosen", "d"
		s.do(t, func(tx *Tx) error { return tx.UpdateUpload(ctx, got) })
		if now := must(s.Attachment(ctx, a.ID)); now.PreviewKey != "chosen" || now.Description != "d" {
			t.Errorf("%+v", now)
		}
	})
}

// If this failed, somebody could upload more than allowed, or be held to what was long ago.
func TestUploadsOfADayAreCounted(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		ctx := t.Context()
		ana, bo := v.local("ana"), v.local("bo")
		s.do(t, func(tx *Tx) error {
			for _, a := range []Account{ana, ana, bo} {
				if err := tx.CountUpload(ctx, a.ID, 5<<30); err != nil {
					return err
				}
			}
			return nil
		})
		if files, bytes, err := s.UploadedSince(ctx, ana.ID, time.Now().Add(-time.Hour)); files != 2 || bytes != 10<<30 || err != nil {
			t.Errorf("%d files, %d bytes, %v", files, bytes, err)
		}
		s.do(t, func(tx *Tx) error { _, err := tx.ForgetUploads(ctx, time.Now().Add(time.Hour)); return err })
		if files, _, err := s.UploadedSince(ctx, ana.ID, time.Now().Add(-time.Hour)); files != 0 || err != nil {
			t.Errorf("%d files, %v", files, err)
		}
	})
}

// If this failed, pictures of somebody would stay after they chose others or left.
func TestPicturesOfPeopleAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		ctx := t.Context()
		ana, zoe := v.local("ana"), v.remote("zoe", "orchard.example")
		put := func(key string, of Account) {
			s.do(t, func(tx *Tx) error {
				return tx.CreateFile(ctx, File{Key: key, Blob: "b" + key, MediaType: "image/png", AccountID: of.ID, CreatedAt: 1})
			})
		}
		for _, key := range []string{"face", StillKey("face"), "old", StillKey("old"), "head"} {
			put(key, ana)
		}
		put("remote", zoe)
		s.do(t, func(tx *Tx) error {
			if err := tx.CreateFile(ctx, File{Key: "emoji", Blob: "be", MediaType: "image/png", CreatedAt: 1}); err != nil {
				return err
			}
			ana.Avatar, ana.Header = "/media/face/avatar.gif", "/media/head/header.png"
			_, err := tx.UpdateProfile(ctx, ana)
			return err
		})
		s.do(t, func(tx *Tx) error { _, err := tx.ForgetPictures(ctx, time.Now()); return err })
		left := func(want ...string) {
			t.Helper()
			var keys []string
			if err := s.list(ctx, &keys, `SELECT key FROM file ORDER BY key`); err != nil || !slices.Equal(keys, want) {
				t.Errorf("left %v, want %v (%v)", keys, want, err)
			}
		}
		left("emoji", "face", "face-still", "head", "remote")
		if used := must(s.UsedBlobs(ctx, []string{"bface", "bold", "be"})); len(used) != 2 || !used["bface"] || !used["be"] {
			t.Errorf("%v", used)
		}
		loose := v.upload(ana)
		s.do(t, func(tx *Tx) error { return tx.MarkDeleted(ctx, ana.ID) })
		left("emoji", "remote")
		if _, err := s.Attachment(ctx, loose.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("an upload of somebody deleted: %v", err)
		}
	})
}

// If this failed, what clients send as a focal point would be refused, or break them.
func TestFocusIsTwoNumbers(t *testing.T) {
	for text, ok := range map[string]bool{
		"0,0": true, "-1,1": true, " 0.25 , -.5 ": true, "1.0,1e-3": true, "": false, "0": false, "0,": false, "2,0": false, "0,-1.1": false,
		"NaN,0": false, "0,NaN": false, "Inf,0": false, "a,b": false, "0,0,0": false,
	} {
		x, y, good := ParseFocus(text)
		if good != ok {
			t.Errorf("%q: %v", text, good)
		}
		if again := FormatFocus(x, y); good {
			if u, w, fine := ParseFocus(again); !fine || u != x || w != y {
				t.Errorf("%q became %q", text, again)
			}
		}
	}
}

// If this failed, the sweep could remove a picture in the moment in which it is uploaded again.
func TestSweepLeavesWhatIsStoredAgain(t *testing.T) {
	blobs, _ := openBlobs(t)
	key := must(blobs.Put(t.Context(), strings.NewReader("a picture")))
	other := must(blobs.Put(t.Context(), strings.NewReader("another")))
	later := time.Now().Add(time.Hour)
	// While the sweep asks, the same content is stored once more: it is young then.
	n, err := blobs.Sweep(t.Context(), later, func(_ context.Context, keys []string) (map[string]bool, error) {
		return map[string]bool{other: true}, nil
	})
	if n != 1 || err != nil {
		t.Errorf("%d swept, %v", n, err)
	}
	if _, err := blobs.Open(key); !fault.Is(err, fault.NotFound) {
		t.Errorf("not swept: %v", err)
	}
	key = must(blobs.Put(t.Context(), strings.NewReader("a picture")))
	if err := blobs.collect(blobPath(key), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{key, other} {
		file, err := blobs.Open(kept)
		if err != nil {
			t.Fatalf("gone: %v", err)
		}
		file.Close()
	}
	if n, err := blobs.Sweep(t.Context(), later, func(context.Context, []string) (map[string]bool, error) { return nil, nil }); n != 2 || err != nil {
		t.Errorf("%d swept, %v", n, err)
	}
}

package moments

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// about is the payload of jobName and jobMedia.
type about struct {
	ID int64 `json:"id,string"`
}

// pointed is the payload of jobComment.
type pointed struct {
	URI    string `json:"uri"`
	Moment int64  `json:"moment,string"`
}

// lane names a lane for something with an id: what is about it is done in order.
func lane(word string, id int64) string { return word + " " + ids.Format(id) }

func read[T any](job storage.Job) (payload T, err error) {
	if err = json.Unmarshal(job.Payload, &payload); err != nil {
		err = fmt.Errorf("read %s: %w", job.Kind, err)
	}
	return payload, err
}

// nameComments tells each node of the audience that there are comments which are not its own. It
// learns their ids and nothing more; what they say it asks the nodes of those who made them.
func (s *Service) nameComments(ctx context.Context, job storage.Job) error {
	what, err := read[about](job)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		m, err := tx.MomentByID(ctx, what.ID)
		if err != nil {
			return unlessAbsent(err)
		}
		author, err := tx.AccountByID(ctx, m.AccountID)
		if err != nil {
			return err
		}
		comments, err := tx.UnnamedComments(ctx, m.ID, namesMax)
		if err != nil || len(comments) == 0 {
			return err
		}
		readers, err := tx.MomentTold(ctx, m.ID)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, author, addressees(readers), func(to []string) vocab.Activity {
			return namesFor(m, comments, ids.Host(to[0]))
		}); err != nil {
			return err
		}
		done := make([]int64, len(comments))
		for i, c := range comments {
			done[i] = c.ID
		}
		if err := tx.MarkCommentsNamed(ctx, done); err != nil || len(comments) < namesMax {
			return err
		}
		return s.nameLater(ctx, tx, m.ID, 0)
	})
}

// namesFor is what a node is told of comments: those that it does not have itself.
func namesFor(m storage.Moment, comments []storage.MomentComment, host string) vocab.Activity {
	var list []string
	for _, c := range comments {
		if ids.Host(c.URI) != host {
			list = append(list, c.URI)
		}
	}
	if len(list) == 0 {
		return vocab.Activity{}
	}
	return named("Add", m.URI, list)
}

func unlessAbsent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// fetchComment asks the node of whoever made a comment for it, once. The answer is 404 if nobody
// here is their friend.
func (s *Service) fetchComment(ctx context.Context, job storage.Job) error {
	what, err := read[pointed](job)
	if err != nil {
		return err
	}
	p, err := s.Store.MomentPointerOf(ctx, what.Moment, what.URI)
	if err != nil || !p.Waiting {
		return unlessAbsent(err)
	}
	wire, maker, err := s.askFor(ctx, p)
	if err != nil && fetch.Temporary(err) && job.Attempts < triesMax {
		return err
	}
	if err != nil {
		s.Log.DebugContext(ctx, "a comment is not for here", "host", ids.Host(p.URI), "err", err)
		return s.Store.Tx(ctx, func(tx *storage.Tx) error {
			_, err := tx.SettleMomentPointer(ctx, p.MomentID, p.URI)
			return err
		})
	}
	retry := fault.New(fault.Unavailable, "what is answered is still to come")
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		settled, err := s.arrive(ctx, tx, p, wire, maker)
		switch {
		case err != nil || settled:
			return err
		case job.Attempts < triesMax:
			return retry
		}
		_, err = tx.SettleMomentPointer(ctx, p.MomentID, p.URI) // or what answers this would wait for it, too
		return err
	})
}

// askFor fetches a comment and finds out whose it is. An object that is something else than it was
// said to be is fault.Forbidden.
func (s *Service) askFor(ctx context.Context, p storage.MomentPointer) (*vocab.Moment, storage.Account, error) {
	o, err := s.Finder.Object(ctx, p.URI)
	if err != nil {
		return nil, storage.Account{}, err
	}
	m, err := s.Store.MomentByID(ctx, p.MomentID)
	if err != nil {
		return nil, storage.Account{}, err
	}
	wire := o.Moment
	switch {
	case wire == nil || wire.ID != p.URI || wire.Type != vocab.TypeMomentComment && wire.Type != vocab.TypeMomentLike:
		return nil, storage.Account{}, fault.New(fault.Forbidden, "this is no comment")
	case wire.Context != m.URI || !ids.SameOrigin(wire.AttributedTo, wire.ID):
		return nil, storage.Account{}, fault.New(fault.Forbidden, "this is about something else, or another's")
	}
	maker, err := s.Store.AccountByURI(ctx, wire.AttributedTo) // a friend of somebody here is known here
	return wire, maker, err
}

// arrive stores a comment that was fetched, if somebody here to whom it is addressed holds its
// maker for a friend. It is not settled while what it answers is still to come.
func (s *Service) arrive(ctx context.Context, tx *storage.Tx, p storage.MomentPointer, wire *vocab.Moment, maker storage.Account) (settled bool, err error) {
	m, err := tx.MomentByID(ctx, p.MomentID)
	if err != nil {
		return true, unlessAbsent(err)
	}
	friends, err := tx.LocalFriendsAmong(ctx, maker.ID, wire.To)
	if err != nil {
		return false, err
	}
	c, err := s.commentFrom(ctx, tx, m, wire, maker)
	if fault.Is(err, fault.NotFound) {
		if parent, err := tx.MomentPointerOf(ctx, m.ID, wire.InReplyTo); err == nil && parent.Waiting {
			return false, nil
		}
		friends = nil // it answers something that nobody here may see
	} else if err != nil {
		return false, err
	}
	was, err := tx.SettleMomentPointer(ctx, m.ID, p.URI) // false if it was taken back meanwhile
	if err != nil || !was || len(friends) == 0 {
		return true, err
	}
	c.Named = true
	return true, s.keep(ctx, tx, m, c)
}

// commentFrom reads what a like or comment says. The fault is NotFound if it answers a comment that
// is not here.
func (s *Service) commentFrom(ctx context.Context, tx *storage.Tx, m storage.Moment, wire *vocab.Moment, maker storage.Account) (storage.MomentComment, error) {
	at := earlier(wire.Published)
	c := storage.MomentComment{ID: tx.IDAt(at), MomentID: m.ID, AccountID: maker.ID, Kind: storage.MomentLiked, URI: wire.ID, CreatedAt: storage.At(at)}
	if wire.Type == vocab.TypeMomentLike {
		return c, nil
	}
	c.Kind, c.Body = storage.MomentCommented, cut(textOf(wire), CommentMax)
	if wire.InReplyTo == m.URI || wire.InReplyTo == "" {
		return c, nil
	}
	parent, err := tx.MomentCommentByURI(ctx, wire.InReplyTo)
	if err == nil && (parent.MomentID != m.ID || parent.Kind != storage.MomentCommented) {
		err = absent()
	}
	c.AnswersID, c.AnswersURI = parent.AccountID, parent.URI
	return c, err
}

// keep stores a like or comment of somebody of another node, once, and tells whom it concerns. One
// that was deleted does not come back.
func (s *Service) keep(ctx context.Context, tx *storage.Tx, m storage.Moment, c storage.MomentComment) error {
	if _, err := tx.Tombstone(ctx, c.URI); err == nil {
		return nil
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	c, err := tx.CreateMomentComment(ctx, c)
	if err != nil {
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) { // it is here, or its maker is gone
			return nil
		}
		return err
	}
	author, err := tx.AccountByID(ctx, m.AccountID)
	if err != nil {
		return err
	}
	return s.spread(ctx, tx, m, c, author)
}

// earlier is when something of another node was made, which is not in the future.
func earlier(published time.Time) time.Time {
	if now := time.Now(); published.IsZero() || published.After(now) {
		return now
	}
	return published
}

const (
	// acceptMedia asks for what can be decoded first.
	acceptMedia = "image/png, image/jpeg, image/gif, image/webp;q=0.9, video/mp4, video/webm, */*;q=0.1"
	// mediaBytesMax is the largest film that is taken, as with those of posts.
	mediaBytesMax = 99 << 20
)

// fetchMedia fetches a picture or film of a Moment, or a cover, from its author's node, signed by
// this one, for whoever may see it here.
func (s *Service) fetchMedia(ctx context.Context, job storage.Job) error {
	what, err := read[about](job)
	if err != nil {
		return err
	}
	m, err := s.Store.MomentMediaByID(ctx, what.ID)
	if err != nil || m.State != storage.MediaWaiting {
		return unlessAbsent(err)
	}
	var files []storage.MomentFile
	if err = s.roomFor(ctx, m); err == nil {
		files, err = s.bring(ctx, m.RemoteURL, &m)
	}
	if err == nil && m.Kind != storage.KindImage && m.RemotePreview != "" {
		small := storage.MomentMedia{FileKey: m.PreviewKey, PreviewKey: newKey()}
		if more, err := s.bring(ctx, m.RemotePreview, &small); err == nil && small.Kind == storage.KindImage {
			for _, f := range more {
				if f.Key == m.PreviewKey {
					files, m.PreviewType = append(files, f), f.MediaType
				}
			}
		}
	}
	m.State = storage.MediaReady
	if err != nil {
		if fetch.Temporary(err) && job.Attempts < triesMax {
			return err
		}
		s.Log.DebugContext(ctx, "media of a Moment are not to be had", "host", ids.Host(m.RemoteURL), "err", err)
		m.State, files = storage.MediaFailed, nil
	}
	return unlessAbsent(s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.FinishMomentMedia(ctx, m, files...) }))
}

// roomFor is fault.TooLarge if the media of an author take as much room here as they may.
func (s *Service) roomFor(ctx context.Context, m storage.MomentMedia) error {
	taken, err := s.Store.MomentBytes(ctx, m.AccountID)
	if err == nil && taken >= storage.MomentBytesMax {
		err = fault.New(fault.TooLarge, "the pictures of one person take all the room that they may")
	}
	return err
}

func (s *Service) bring(ctx context.Context, address string, m *storage.MomentMedia) ([]storage.MomentFile, error) {
	came, err := s.Finder.PrivateMedia(ctx, address, acceptMedia, mediaBytesMax)
	if err != nil {
		return nil, err
	}
	defer came.Close()
	return s.Maker.MakePrivate(ctx, came, m)
}

// mediaLater has media fetched, those of one node one after another.
func mediaLater(ctx context.Context, tx *storage.Tx, m storage.MomentMedia) error {
	return tx.Enqueue(ctx, storage.Job{Queue: queueWork, Kind: jobMedia, Lane: "moments media " + ids.Host(m.RemoteURL),
		Payload: storage.MarshalPayload(about{m.ID})})
}

// tellBook tells friends elsewhere how far back they may look, and where the cover is. Whoever is
// not to see anything may look back no time at all.
func (s *Service) tellBook(ctx context.Context, job storage.Job) error {
	what, err := read[storage.MomentBookJob](job)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		account, err := tx.AccountByID(ctx, what.Account)
		if err != nil || account.DeletedAt != 0 || !account.Local() {
			return unlessAbsent(err)
		}
		friends, err := tx.FriendsOnHosts(ctx, account.ID)
		if err != nil {
			return err
		}
		setting, err := tx.MomentSettingOf(ctx, account.ID)
		if err != nil {
			return err
		}
		book := vocab.Moment{ID: s.Paths.Moments(account.Name), Type: vocab.TypeMomentBook, AttributedTo: account.URI}
		cover, err := tx.CoverOf(ctx, account.ID)
		if err == nil {
			name, _ := storage.FileName("original", cover.MediaType)
			book.Image = s.Paths.MomentMedia(cover.FileKey, name)
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
		told := news{cover: book.Image != "", reach: reachOf(setting) < storage.ReachAlways}
		if what.Friend != 0 {
			if told.given, err = tx.MomentGiven(ctx, account.ID, what.Friend); err != nil {
				return err
			}
		}
		some := pick(friends, what, told)
		for i := range some { // who is suspended shows nobody anything
			some[i].HideMine = some[i].HideMine || account.Hidden
		}
		return s.sendBook(ctx, tx, account, book, reachOf(setting), some)
	})
}

// news is what there is to tell of somebody's Moments: a cover, a reach that is not the usual one,
// and that the one friend whom it is about has got a Moment.
type news struct{ cover, reach, given bool }

// pick leaves those friends of other nodes whom a job is about and has something to tell. Whoever
// is hidden from is told only if there is something to take back, and once: what somebody shows
// nothing of looks the same as what they show nothing.
func pick(friends []storage.FriendPlace, j storage.MomentBookJob, n news) (some []storage.FriendPlace) {
	for _, f := range friends {
		var tell bool
		switch {
		case f.Host == "" || j.Friend != 0 && j.Friend != f.AccountID:
		case j.Friend == 0:
			tell = !f.HideMine
		case f.HideMine:
			tell = !j.New && (n.given || n.cover)
		default:
			tell = n.given || n.cover || n.reach
		}
		if tell {
			some = append(some, f)
		}
	}
	return some
}

func (s *Service) sendBook(ctx context.Context, tx *storage.Tx, account storage.Account, book vocab.Moment, reach time.Duration, friends []storage.FriendPlace) error {
	var open, hidden []addressee
	for _, f := range friends {
		if to := (addressee{f.URI, ids.Host(f.URI)}); f.HideMine {
			hidden = append(hidden, to)
		} else {
			open = append(open, to)
		}
	}
	nothing := book
	nothing.Image, nothing.VisibleFor, book.VisibleFor = "", writeReach(0), writeReach(reach)
	for _, part := range []struct {
		book vocab.Moment
		to   []addressee
	}{{book, open}, {nothing, hidden}} {
		if err := s.tell(ctx, tx, account, part.to, func(to []string) vocab.Activity {
			wire := part.book
			wire.To = to
			return vocab.Activity{Type: "Update", Object: object(wire), Updated: storage.Now().Time()}
		}); err != nil {
			return err
		}
	}
	return nil
}

// textOf is what a Moment or comment of another node says, as plain text.
func textOf(wire *vocab.Moment) string {
	if kind, _, _ := strings.Cut(wire.MediaType, ";"); kind == plainText {
		return cleanText(wire.Content)
	}
	return cleanText(plainOf(wire.Content))
}

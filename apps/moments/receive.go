package moments

import (
	"context"
	"slices"
	"strings"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// receiveMoment keeps a Moment for those of its addressees who hold its author for a friend. If
// there is none, nothing of it is kept.
func (s *Service) receiveMoment(ctx context.Context, tx *storage.Tx, in federation.In) error {
	wire := in.Activity.Object.Moment
	if wire == nil || in.Actor.Local() {
		return nil
	}
	readers, err := tx.LocalFriendsAmong(ctx, in.Actor.ID, in.Activity.To)
	if err != nil || len(readers) == 0 {
		return err
	}
	gone, err := tx.Tombstone(ctx, wire.ID)
	if !fault.Is(err, fault.NotFound) && (err != nil || gone.AccountURI == in.Actor.URI) {
		return err // the word of somebody else of that server keeps no Moment out
	}
	if err := tx.PutRemoteReach(ctx, in.Actor.ID, readers, readReach(wire.VisibleFor)); err != nil {
		return err
	}
	known, err := tx.MomentByURI(ctx, wire.ID)
	if err == nil {
		if known.AccountID != in.Actor.ID {
			return nil
		}
		return tx.AddMomentReaders(ctx, known, readers)
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	if room, err := tx.RoomForMoment(ctx, in.Actor.ID); err != nil || !room {
		return err
	}
	at := earlier(wire.Published)
	n := storage.NewMoment{Readers: readers, Moment: storage.Moment{
		ID: tx.IDAt(at), AccountID: in.Actor.ID, URI: wire.ID, Body: cut(textOf(wire), TextMax),
		Place: cut(markup.Line(wire.Place), PlaceMax), CreatedAt: storage.At(at), CameAt: storage.Now(),
	}}
	if _, err := ids.ParseIRI(wire.Link); err == nil {
		n.Link, n.LinkTitle = wire.Link, cut(markup.Line(wire.LinkTitle), LinkTitleMax)
	}
	n.Media = mediaFrom(wire, in.Actor)
	if err := tx.CreateMoment(ctx, n); err != nil {
		return unlessAbsent(err)
	}
	media, err := tx.MomentMediaOf(ctx, []int64{n.ID})
	if err != nil {
		return err
	}
	for _, m := range media[n.ID] {
		if err := mediaLater(ctx, tx, m); err != nil {
			return err
		}
	}
	early, err := tx.TakeEarlyComments(ctx, in.Actor.ID, n.URI)
	if err != nil {
		return err
	}
	return s.point(ctx, tx, n.Moment, early)
}

// mediaFrom returns the pictures of a Moment, or its one film. Only those at its author's node
// count: who asks there says who wants to see them.
func mediaFrom(wire *vocab.Moment, author storage.Account) (list []storage.MomentMedia) {
	for _, a := range wire.Attachments {
		kind := storage.KindOf(a.MediaType)
		if kind != storage.KindImage && kind != storage.KindVideo || !ids.SameOrigin(a.URL, author.URI) || len(list) == MediaMax ||
			kind == storage.KindVideo && len(list) > 0 {
			continue
		}
		m := storage.MomentMedia{Kind: kind, MediaType: a.MediaType, Description: cut(cleanText(a.Name), storage.DescriptionMax),
			Blurhash: a.Blurhash, Width: a.Width, Height: a.Height, RemoteURL: a.URL}
		if ids.SameOrigin(a.Thumbnail, author.URI) {
			m.RemotePreview = a.Thumbnail
		}
		if list = append(list, m); kind == storage.KindVideo {
			return list
		}
	}
	return list
}

// receiveBook notes how far back addressees who are friends may look, and where the cover is.
func (s *Service) receiveBook(ctx context.Context, tx *storage.Tx, in federation.In) error {
	wire := in.Activity.Object.Moment
	if wire == nil || in.Actor.Local() {
		return nil
	}
	readers, err := tx.LocalFriendsAmong(ctx, in.Actor.ID, in.Activity.To)
	if err != nil || len(readers) == 0 {
		return err
	}
	reach := readReach(wire.VisibleFor)
	if err := tx.PutRemoteReach(ctx, in.Actor.ID, readers, reach); err != nil || reach == 0 {
		return err
	}
	cover := storage.MomentMedia{AccountID: in.Actor.ID, Kind: storage.KindImage}
	if ids.SameOrigin(wire.Image, in.Actor.URI) {
		cover.RemoteURL = wire.Image
	}
	cover, changed, err := tx.PutRemoteCover(ctx, cover)
	if err != nil || !changed {
		return err
	}
	return mediaLater(ctx, tx, cover)
}

// receiveDelete drops a Moment of the actor's. One that never came leaves a tombstone, so that it
// does not come after its end.
func (s *Service) receiveDelete(ctx context.Context, tx *storage.Tx, in federation.In) error {
	m, err := tx.MomentByURI(ctx, in.Activity.ObjectID)
	switch {
	case fault.Is(err, fault.NotFound):
		return tx.PutTombstone(ctx, in.Activity.ObjectID, in.Actor.URI)
	case err != nil || m.AccountID != in.Actor.ID:
		return err
	}
	if err := tx.DeleteMoment(ctx, m.ID); err != nil {
		return err
	}
	return tx.PutTombstone(ctx, m.URI, in.Actor.URI)
}

// receiveComment takes a like or comment on a Moment of somebody here, from those who may see it.
func (s *Service) receiveComment(ctx context.Context, tx *storage.Tx, in federation.In) error {
	wire := in.Activity.Object.Moment
	if wire == nil || in.Again || in.Actor.Local() || !s.Paths.Local(wire.Context) {
		return nil
	}
	m, err := tx.MomentByURI(ctx, wire.Context)
	if err != nil {
		return unlessAbsent(err)
	}
	shown, err := tx.MomentShownAbroad(ctx, in.Actor.ID, m.ID)
	if err != nil || !shown {
		return err
	}
	c, err := s.commentFrom(ctx, tx, m, wire, in.Actor)
	if err != nil {
		return unlessAbsent(err)
	}
	return s.keep(ctx, tx, m, c)
}

// receiveUncomment drops a like or comment of the actor's, and does not ask for it any more.
func (s *Service) receiveUncomment(ctx context.Context, tx *storage.Tx, in federation.In) error {
	uri := in.Activity.ObjectID
	c, err := tx.MomentCommentByURI(ctx, uri)
	switch {
	case err == nil && c.AccountID != in.Actor.ID:
		return nil
	case err == nil:
		err = tx.DeleteMomentComment(ctx, c)
	case fault.Is(err, fault.NotFound):
		err = tx.SettleMomentPointers(ctx, uri)
	}
	if err != nil {
		return err
	}
	return tx.PutTombstone(ctx, uri, in.Actor.URI)
}

// listed returns the Moment whose comments an Add or Remove of another node is about, and their
// ids; "" if it is about something else.
func listed(in federation.In) (moment string, items []string) {
	moment, isComments := strings.CutSuffix(in.Activity.TargetID, ids.MomentComments(""))
	if !isComments || in.Activity.Object == nil || in.Activity.Object.Collection == nil || in.Actor.Local() {
		return "", nil
	}
	for _, item := range in.Activity.Object.Collection.Items {
		if len(items) < namesMax && !slices.Contains(items, item.ID) {
			items = append(items, item.ID)
		}
	}
	return moment, items
}

// receiveNames notes that there are comments on a Moment of the actor's, or holds their ids until
// the Moment comes.
func (s *Service) receiveNames(ctx context.Context, tx *storage.Tx, in federation.In) error {
	uri, items := listed(in)
	if !ids.SameOrigin(uri, in.Actor.URI) {
		return nil
	}
	m, err := tx.MomentByURI(ctx, uri)
	if fault.Is(err, fault.NotFound) {
		if err := tx.HoldPeople(ctx, in.Actor.ID); err != nil { // as CreateMoment does: it may be coming now
			return unlessAbsent(err)
		}
		m, err = tx.MomentByURI(ctx, uri)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return s.holdNames(ctx, tx, in.Actor, uri, items)
	case err != nil || m.AccountID != in.Actor.ID:
		return err
	}
	return s.point(ctx, tx, m, items)
}

// holdNames keeps the ids of comments on a Moment that is not here yet. One that is gone does not
// come.
func (s *Service) holdNames(ctx context.Context, tx *storage.Tx, author storage.Account, moment string, items []string) error {
	if gone, err := tx.Tombstone(ctx, moment); !fault.Is(err, fault.NotFound) && (err != nil || gone.AccountURI == author.URI) {
		return err
	}
	for _, uri := range items {
		if ids.Host(uri) == "" || s.Paths.Local(uri) {
			continue
		}
		if err := tx.PutEarlyComment(ctx, author.ID, moment, uri); err != nil {
			return err
		}
	}
	return nil
}

// point has each comment asked for once, at hosts where a reader of the Moment has a friend. What
// is at any other is for nobody here, so no author can have this node knock at doors of their
// choice, or tell strangers' nodes that it has readers.
func (s *Service) point(ctx context.Context, tx *storage.Tx, m storage.Moment, items []string) (err error) {
	friendly := map[string]bool{}
	for _, uri := range items {
		host := ids.Host(uri)
		if host == "" || s.Paths.Local(uri) {
			continue
		}
		if _, asked := friendly[host]; !asked {
			if friendly[host], err = tx.MomentFriendAt(ctx, m.ID, host); err != nil {
				return err
			}
		}
		if !friendly[host] {
			continue
		}
		fresh, err := tx.PutMomentPointer(ctx, m.ID, uri)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		if err := tx.Enqueue(ctx, storage.Job{Queue: queueWork, Kind: jobComment, Lane: "moments fetch " + host,
			Payload: storage.MarshalPayload(pointed{uri, m.ID})}); err != nil {
			return err
		}
	}
	return nil
}

// receiveRemoval drops comments that the author of a Moment does not want, also those of our
// people.
func (s *Service) receiveRemoval(ctx context.Context, tx *storage.Tx, in federation.In) error {
	moment, items := listed(in)
	for _, uri := range items {
		if err := tx.DropEarlyComment(ctx, in.Actor.ID, moment, uri); err != nil {
			return err
		}
	}
	m, err := tx.MomentByURI(ctx, moment)
	if err != nil || m.AccountID != in.Actor.ID {
		return unlessAbsent(err)
	}
	for _, uri := range items {
		c, err := tx.MomentCommentByURI(ctx, uri)
		if err == nil && c.MomentID == m.ID {
			err = tx.DeleteMomentComment(ctx, c)
		}
		if unlessAbsent(err) != nil {
			return err
		}
		if _, err := tx.SettleMomentPointer(ctx, m.ID, uri); err != nil {
			return err
		}
	}
	return nil
}

// cut shortens a text of another node to as many characters as ours may have.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

func plainOf(html string) string { return markup.PlainText(html) }

// reachOf is how far back somebody lets friends look.
func reachOf(s storage.MomentSetting) time.Duration { return time.Duration(s.Reach) * time.Millisecond }

package moments

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tulou/federation"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Everything that is sent goes to each node once, addressed to those of its people alone whom it is
// for: no node learns who of another one gets it.

// addressee is somebody of another node.
type addressee struct {
	uri  string
	host string // the node
}

func addresseeOf(a storage.Account) addressee { return addressee{a.URI, ids.Host(a.URI)} }

// nodes are addressees by node, in a fixed order.
type nodes [][]string

// byNode groups the addresses of people by node.
func byNode(people []addressee) (list nodes) {
	groups := map[string][]string{}
	for _, p := range people {
		if !slices.Contains(groups[p.host], p.uri) {
			groups[p.host] = append(groups[p.host], p.uri)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(groups)) {
		slices.Sort(groups[host])
		list = append(list, groups[host])
	}
	return list
}

// outgoing is one activity in the form of each node that gets it.
type outgoing []*federation.Outgoing

// prepare makes an activity for each node. build returns it for those of one node; with an empty
// Type the node gets nothing.
func (s *Service) prepare(ctx context.Context, from storage.Account, to nodes, build func(to []string) vocab.Activity) (out outgoing, err error) {
	for _, people := range to {
		a := build(people)
		if a.Type == "" {
			continue
		}
		a.ID, a.Actor, a.To = s.Paths.Activity(from.Name, rand.Text()), from.URI, people
		one, err := s.Sender.Prepare(ctx, from, a)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// send queues what was prepared.
func (o outgoing) send(ctx context.Context, tx *storage.Tx) error {
	for _, one := range o {
		if err := one.Send(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// tell is prepare and send.
func (s *Service) tell(ctx context.Context, tx *storage.Tx, from storage.Account, to []addressee, build func(to []string) vocab.Activity) error {
	out, err := s.prepare(ctx, from, byNode(to), build)
	if err != nil {
		return err
	}
	return out.send(ctx, tx)
}

// object wraps a Moment of any type for an activity.
func object(m vocab.Moment) *vocab.Object {
	return &vocab.Object{ID: m.ID, Type: m.Type, AttributedTo: m.AttributedTo, Moment: &m}
}

// gone is the activity that takes something back.
func gone(iri, formerType string, at time.Time) vocab.Activity {
	grave := vocab.Tombstone{ID: iri, FormerType: formerType, Deleted: at}
	return vocab.Activity{Type: "Delete", Published: at, Object: &vocab.Object{ID: iri, Type: "Tombstone", Tombstone: &grave}}
}

// named is the activity by which an author says that there are comments, or are no more: nothing of
// them but their ids.
func named(kind, moment string, comments []string) vocab.Activity {
	list := &vocab.Collection{Type: "OrderedCollection", TotalItems: -1}
	for _, iri := range comments {
		list.Items = append(list.Items, vocab.Item{ID: iri})
	}
	return vocab.Activity{Type: kind, TargetID: ids.MomentComments(moment), Object: &vocab.Object{Type: list.Type, Collection: list}}
}

// momentOf is how other nodes see a Moment of ours.
func (s *Service) momentOf(author storage.Account, m storage.Moment, media []storage.MomentMedia, reach time.Duration) vocab.Moment {
	wire := vocab.Moment{
		ID: m.URI, Type: vocab.TypeMoment, AttributedTo: author.URI, Context: s.Paths.Moments(author.Name), Content: m.Body,
		MediaType: plainText, Place: m.Place, Link: m.Link, LinkTitle: m.LinkTitle, VisibleFor: writeReach(reach),
		Published: m.CreatedAt.Time(),
	}
	for _, a := range media {
		wire.Attachments = append(wire.Attachments, s.attachmentOf(a))
	}
	return wire
}

func (s *Service) attachmentOf(a storage.MomentMedia) vocab.Attachment {
	name, _ := storage.FileName("original", a.MediaType)
	wire := vocab.Attachment{Type: "Image", MediaType: a.MediaType, URL: s.Paths.MomentMedia(a.FileKey, name), Name: a.Description,
		Blurhash: a.Blurhash, Width: a.Width, Height: a.Height}
	if a.Kind != storage.KindImage {
		wire.Type = "Video"
		if small, ok := storage.FileName("small", a.PreviewType); ok {
			wire.Thumbnail = s.Paths.MomentMedia(a.PreviewKey, small)
		}
	}
	return wire
}

// commentOf is how other nodes see a like or comment of one of our people, addressed to some.
func (s *Service) commentOf(maker storage.Account, m storage.Moment, c storage.MomentComment, to []string) vocab.Moment {
	wire := vocab.Moment{ID: c.URI, Type: wireType(c.Kind), AttributedTo: maker.URI, Context: m.URI, To: to, Published: c.CreatedAt.Time()}
	if c.Kind == storage.MomentCommented {
		wire.Content, wire.MediaType, wire.InReplyTo = c.Body, plainText, m.URI
		if c.AnswersURI != "" {
			wire.InReplyTo = c.AnswersURI
		}
	}
	return wire
}

const plainText = "text/plain"

func wireType(kind string) string {
	if kind == storage.MomentLiked {
		return vocab.TypeMomentLike
	}
	return vocab.TypeMomentComment
}

const day = 24 * time.Hour

// writeReach writes how far back somebody may look as an ISO 8601 duration; "" is for ever.
func writeReach(reach time.Duration) string {
	if reach >= storage.ReachAlways {
		return ""
	}
	return "P" + strconv.Itoa(int(reach/day)) + "D"
}

// readReach reads what writeReach writes. What cannot be read is nothing: better too little is
// shown than what an author did not mean to show.
func readReach(text string) time.Duration {
	if text == "" {
		return storage.ReachAlways
	}
	number, hasP := strings.CutPrefix(text, "P")
	number, hasD := strings.CutSuffix(number, "D")
	if !hasP || !hasD || strings.Trim(number, "0123456789") != "" {
		return 0
	}
	days, err := strconv.Atoi(number)
	if err != nil || time.Duration(days) > storage.ReachAlways/day {
		return 0
	}
	return time.Duration(days) * day
}

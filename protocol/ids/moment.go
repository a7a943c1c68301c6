package ids

import "strings"

// MomentsPrefix is what the paths of what is about Moments begin with. None of them says whose it
// is: who is not to know of something does not learn it from its address either.
const MomentsPrefix = "/moments/"

// Moments is the id of the book that all Moments of somebody are in. Nothing is served there.
func (p Paths) Moments(name string) string { return p.Actor(name) + "/moments" }

// Moment is the id of a Moment. Nothing is served there either: a Moment is sent to whom it is for.
func (p Paths) Moment(name string, id int64) string { return p.Moments(name) + "/" + Format(id) }

// MomentComments is what comments on a Moment are added to; it is only ever a target.
func MomentComments(moment string) string { return moment + "/comments" }

// MomentComment is the id of a like or comment; key is random, since whoever has it can ask.
func (p Paths) MomentComment(key string) string { return p.Base + MomentsPrefix + "comments/" + key }

// MomentMedia is the address of a file of a Moment; key is random.
func (p Paths) MomentMedia(key, name string) string {
	return p.Base + MomentsPrefix + "media/" + key + "/" + name
}

// MomentCommentKey returns the key in the id of a like or comment of this node, ok false if it is
// none.
func (p Paths) MomentCommentKey(iri string) (key string, ok bool) {
	return strings.CutPrefix(iri, p.Base+MomentsPrefix+"comments/")
}

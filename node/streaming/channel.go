package streaming

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// channel is one thing to look at. It is comparable, so that all who look at the same are found by
// it.
type channel struct {
	name string // as clients know it: "public:local:media"
	tag  string // of hashtag and hashtag:local, folded
	of   int64  // whose: an account for user, user:notification and direct; a list for list
	told bool   // of user: its notifications, for tokens that may read them
}

// What a client calls a stream besides its name.
type asked struct {
	name    string
	tag     string
	list    string
	leaving bool // it is looked at no more, which needs no list to be there
}

// tagRunesMax is longer than any hashtag that is kept.
const tagRunesMax = 100

// The errors that everybody gets alike; the sentences are those of REST.
var (
	errNobody  = fault.New(fault.Unauthenticated, "The access token is invalid")
	errScope   = fault.New(fault.Forbidden, "This action is outside the authorized scopes")
	errProgram = fault.New(fault.Unprocessable, "This method requires an authenticated user")
	errUnknown = fault.New(fault.Invalid, "Unknown stream type")
	errTag     = fault.New(fault.Invalid, "Missing tag name parameter")
	errList    = fault.New(fault.NotFound, "Record not found")
)

// scopes is what a token must cover for each stream, as in Mastodon: what REST wants for the same
// content, so that no program sees by a stream what it may not ask for (A123, A136). What is in a
// list is posts.
var scopes = map[string]string{
	momentsStream: "tulou:read",
	"user":        "read:statuses", "user:notification": "read:notifications", "direct": "read:statuses", "list": "read:statuses",
	"public": "read:statuses", "public:media": "read:statuses",
	"public:local": "read:statuses", "public:local:media": "read:statuses",
	"public:remote": "read:statuses", "public:remote:media": "read:statuses",
	"hashtag": "read:statuses", "hashtag:local": "read:statuses",
}

// personal are the streams of one person. The others are for everybody, unless the node shows
// nothing to strangers.
var personal = []string{"user", "user:notification", "direct", "list", momentsStream}

// resolve returns what somebody asks for, if they may look at it. Faults: Invalid for what is no
// stream, Unauthenticated, Forbidden, Unprocessable as in REST, NotFound for a list that is not
// theirs.
func (h *Hub) resolve(ctx context.Context, who edge.Who, a asked) ([]channel, error) {
	scope, known := scopes[a.name]
	if !known {
		return nil, errUnknown
	}
	needed := h.LoginNeeded || slices.Contains(personal, a.name)
	switch {
	case !who.Known() && needed:
		return nil, errNobody
	case who.Known() && !who.May(scope):
		return nil, errScope
	case !who.Person() && needed:
		return nil, errProgram
	}
	c := channel{name: a.name, of: who.Account.ID}
	switch a.name {
	case "user":
		if who.May(scopes["user:notification"]) {
			return []channel{c, {name: "user", of: who.Account.ID, told: true}}, nil
		}
	case "user:notification":
		c.told = true
	case "direct", momentsStream:
	case "list":
		id, ok := ids.Parse(a.list)
		if !ok {
			return nil, errList
		}
		if c.of = id; a.leaving {
			return []channel{c}, nil
		}
		_, err := h.Store.ListOf(ctx, who.Account.ID, id)
		if fault.Is(err, fault.NotFound) {
			return nil, errList
		}
		return []channel{c}, err
	case "hashtag", "hashtag:local":
		c.of, c.tag = 0, strings.ToLower(strings.TrimPrefix(strings.TrimSpace(a.tag), "#"))
		if c.tag == "" || utf8.RuneCountInString(c.tag) > tagRunesMax {
			return nil, errTag
		}
	default:
		c.of = 0
	}
	return []channel{c}, nil
}

// names is how a message says which stream it is of.
func (c channel) names() []string {
	switch {
	case c.tag != "":
		return []string{c.name, c.tag}
	case c.name == "list":
		return []string{c.name, ids.Format(c.of)}
	}
	return []string{c.name}
}

// public tells whether a channel shows public posts of everybody.
func (c channel) public() bool { return !slices.Contains(personal, c.name) }

// mayShow tells whether something that happened may have to do with a channel.
func (c channel) mayShow(x storage.Happening) bool {
	switch {
	case x.Kind == storage.HappenedPost:
		return c.public()
	case c.name == "list":
		return x.Kind == storage.HappenedEdit || slices.Contains(x.Lists, c.of)
	case c.public():
		return x.Kind == storage.HappenedEdit || x.Gone != nil && x.Gone.Public
	case x.Kind == storage.EventFiltersChanged:
		return c.of == x.ID
	case x.Gone != nil && slices.Contains(x.Gone.Direct, c.of):
		return true
	}
	return x.Accounts == nil && x.Lists == nil && x.Gone == nil || slices.Contains(x.Accounts, c.of)
}

// publicChannels are the channels that show a public post.
func publicChannels(g storage.Gone) (found []channel) {
	origin := ":remote"
	if g.Local {
		origin = ":local"
	}
	if g.InPublic {
		found = append(found, channel{name: "public"}, channel{name: "public" + origin})
		if g.Media {
			found = append(found, channel{name: "public:media"}, channel{name: "public" + origin + ":media"})
		}
	}
	for _, tag := range g.Tags {
		found = append(found, channel{name: "hashtag", tag: tag})
		if g.Local {
			found = append(found, channel{name: "hashtag:local", tag: tag})
		}
	}
	return found
}

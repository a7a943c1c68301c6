package federation

import (
	"mime"
	"net"
	"path"
	"strings"

	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// ActorDocument is what an account of this node, or the node itself, looks like to other servers.
// All addresses are made from its name; keys are those of the account, of which only the public
// halves are shown; emojis are those that the profile names (EmojiCodes).
func (e *Engine) ActorDocument(account storage.Account, keys []storage.ActorKey, emojis ...storage.Emoji) vocab.Actor {
	paths := e.config.Paths
	if account.URI == paths.InstanceActor() {
		return e.instanceDocument(account, keys)
	}
	id := paths.Actor(account.Name)
	actor := vocab.Actor{
		ID: id, Type: account.Type,
		PreferredUsername: account.Name,
		Name:              account.DisplayName,
		Summary:           account.Bio,
		URL:               paths.Profile(account.Name),
		Inbox:             id + ids.Inbox,
		SharedInbox:       paths.SharedInbox(),
		Outbox:            id + ids.Outbox,
		Followers:         id + ids.Followers,
		Following:         id + ids.Following,
		Featured:          id + ids.Featured,
		Friends:           id + ids.Friends,
		FeaturedTags:      id + ids.FeaturedTags,
		Icon:              e.picture(account.Avatar, account.AvatarDescription),
		Image:             e.picture(account.Header, account.HeaderDescription),
		Locked:            account.Locked,
		Discoverable:      account.Discoverable,
		Indexable:         account.Indexable,
		HideMedia:         account.HideMedia,
		HideMediaReplies:  account.HideMediaReplies,
		HideFeatured:      account.HideFeatured,
		AttributionSites:  account.AttributionDomains,
		MovedTo:           account.MovedTo,
		AlsoKnownAs:       account.AlsoKnownAs,
		Keys:              publicKeys(id, keys),
		Webfinger:         account.Name + "@" + e.config.AccountHost,
		Published:         account.CreatedAt.Time(),
		RFC9421:           true,
	}
	for _, f := range account.Fields {
		actor.Fields = append(actor.Fields, vocab.Field{Name: f.Name, Value: f.Value})
	}
	for _, emoji := range emojis {
		actor.Tags = append(actor.Tags, EmojiTag(paths, emoji))
	}
	return actor
}

// instanceDocument is the actor that signs what the node fetches. It has no followers and posts
// nothing; its inbox is that of everybody.
func (e *Engine) instanceDocument(account storage.Account, keys []storage.ActorKey) vocab.Actor {
	paths, id := e.config.Paths, e.config.Paths.InstanceActor()
	return vocab.Actor{
		ID: id, Type: "Application",
		PreferredUsername: e.instanceName(),
		URL:               paths.Base + "/about",
		Inbox:             paths.SharedInbox(),
		SharedInbox:       paths.SharedInbox(),
		Outbox:            id + ids.Outbox,
		Locked:            true,
		Keys:              publicKeys(id, keys),
		Webfinger:         e.instanceName() + "@" + e.config.AccountHost,
		Published:         account.CreatedAt.Time(),
		RFC9421:           true,
	}
}

// instanceName is the name of the instance actor: the host of the node without a port, as on
// Mastodon. No person can have it, since names of people have no dots; a bare host gets one that
// is too long for a person.
func (e *Engine) instanceName() string {
	host := e.config.Paths.Host()
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	}
	if !ids.ValidName(host) || ids.ValidLocalName(host) {
		return "the.node"
	}
	return host
}

// publicKeys shows the public halves: RSA first, which is the one that older software takes.
func publicKeys(owner string, keys []storage.ActorKey) (list []vocab.Key) {
	for _, key := range keys {
		if key.Kind == storage.KeyRSA {
			list = append(list, vocab.Key{ID: key.ID, Owner: owner, PEM: key.PublicKey})
		}
	}
	for _, key := range keys {
		if key.Kind == storage.KeyEd25519 {
			list = append(list, vocab.Key{ID: key.ID, Owner: owner, Multibase: key.PublicKey})
		}
	}
	return list
}

// picture makes the full address of an avatar or header, nil if there is none. The type is a hint
// that old software wants; the file says what it really is.
func (e *Engine) picture(address, description string) *vocab.Picture {
	if address == "" {
		return nil
	}
	address = e.config.Paths.Address(address)
	kind, _, _ := mime.ParseMediaType(mime.TypeByExtension(path.Ext(address)))
	if !strings.HasPrefix(kind, "image/") {
		kind = ""
	}
	return &vocab.Picture{URL: address, MediaType: kind, Name: description}
}

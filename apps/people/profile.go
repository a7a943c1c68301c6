package people

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// The limits of a profile, in characters as people count them. Clients lay profiles out for about
// this much; Mastodon allows 30, 500, 4 and 255.
const (
	DisplayNameMax = 64
	BioMax         = 1000
	FieldsMax      = 8
	FieldMax       = 255 // of a name and of a value
	// languageBytesMax is the longest BCP 47 tag worth storing (RFC 5646 section 4.4.1).
	languageBytesMax = 35
	// PictureDescriptionMax is of the text that says what an avatar or a header shows, as of other
	// pictures.
	PictureDescriptionMax = storage.DescriptionMax
	// AttributionDomainsMax is how many sites may name somebody as author, as in Mastodon.
	AttributionDomainsMax = 10
)

// Field is a line of a profile as its owner types it.
type Field struct{ Name, Value string }

// Profile is what somebody changes about themselves. What is nil stays as it is.
type Profile struct {
	DisplayName  *string
	Bio          *string // as typed: Markdown, mentions, hashtags
	Fields       *[]Field
	Avatar       *string // a URL, or a path of this node
	Header       *string
	Locked       *bool
	Bot          *bool
	Discoverable *bool
	Indexable    *bool

	HideCollections    *bool // who follows whom
	HideMedia          *bool // and the rest: parts of the profile
	HideMediaReplies   *bool
	HideFeatured       *bool
	AvatarDescription  *string
	HeaderDescription  *string
	AttributionDomains *[]string // as typed: hosts, or addresses of sites

	DefaultVisibility  *string // a storage.Visibility…, for posts that do not say
	DefaultQuotePolicy *string // a storage.Quotable…, for posts that do not say
	DefaultSensitive   *bool
	DefaultLanguage    *string
}

// UpdateProfile changes a profile and preferences, and shows the followers' servers the new
// profile. Faults: Unprocessable for values beyond the limits, Conflict if the profile changes all
// the time.
func (s *Service) UpdateProfile(ctx context.Context, account storage.Account, p Profile) (storage.Account, error) {
	if err := p.check(); err != nil {
		return storage.Account{}, err
	}
	var err error
	// What is sent is made from the profile as it was read; if it changed meanwhile, once more.
	for range updateAttempts {
		var changed storage.Account
		if changed, err = s.updateProfile(ctx, account.ID, p); err == nil {
			return changed, nil
		}
		if !fault.Is(err, fault.Conflict) {
			break
		}
	}
	return storage.Account{}, fmt.Errorf("update profile: %w", err)
}

// updateAttempts is enough for one person's programs to get out of each other's way.
const updateAttempts = 5

func (s *Service) updateProfile(ctx context.Context, id int64, p Profile) (changed storage.Account, err error) {
	before, err := s.Store.AccountByID(ctx, id)
	if err != nil {
		return changed, err
	}
	after := s.withProfile(ctx, before, p)
	var news *federation.Outgoing
	if !sameProfile(before, after) {
		if news, err = s.profileNews(ctx, after); err != nil {
			return changed, err
		}
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.HoldPeople(ctx, id); err != nil {
			return err
		}
		now, err := tx.AccountByID(ctx, id)
		if err != nil {
			return err
		}
		if !sameProfile(before, now) {
			return fault.New(fault.Conflict, "the profile was changed at the same time")
		}
		if changed = now; news != nil {
			if changed, err = tx.UpdateProfile(ctx, after); err != nil {
				return err
			}
		}
		if err := updatePreferences(ctx, tx, id, p); err != nil {
			return err
		}
		return send(ctx, tx, news)
	})
	return changed, err
}

func (p Profile) check() error {
	if p.DisplayName != nil && utf8.RuneCountInString(*p.DisplayName) > DisplayNameMax {
		return fault.New(fault.Unprocessable, "a display name has at most %d characters", DisplayNameMax)
	}
	if p.Bio != nil && markup.Length(*p.Bio) > BioMax {
		return fault.New(fault.Unprocessable, "a bio has at most %d characters", BioMax)
	}
	if p.Fields != nil {
		if len(*p.Fields) > FieldsMax {
			return fault.New(fault.Unprocessable, "a profile has at most %d fields", FieldsMax)
		}
		for _, f := range *p.Fields {
			if utf8.RuneCountInString(f.Name) > FieldMax || utf8.RuneCountInString(f.Value) > FieldMax {
				return fault.New(fault.Unprocessable, "a profile field has at most %d characters", FieldMax)
			}
		}
	}
	for _, text := range []*string{p.AvatarDescription, p.HeaderDescription} {
		if text != nil && utf8.RuneCountInString(*text) > PictureDescriptionMax {
			return fault.New(fault.Unprocessable, "a description of a picture has at most %d characters", PictureDescriptionMax)
		}
	}
	if p.AttributionDomains != nil {
		if _, err := sites(*p.AttributionDomains); err != nil {
			return err
		}
	}
	visibilities := []string{storage.VisibilityPublic, storage.VisibilityUnlisted, storage.VisibilityPrivate, storage.VisibilityDirect}
	if p.DefaultVisibility != nil && !slices.Contains(visibilities, *p.DefaultVisibility) {
		return fault.New(fault.Unprocessable, "there is no such visibility")
	}
	if p.DefaultQuotePolicy != nil {
		if _, ok := storage.QuotePolicyNamed(*p.DefaultQuotePolicy); !ok {
			return fault.New(fault.Unprocessable, "there is no such quote policy")
		}
	}
	if p.DefaultLanguage != nil && len(*p.DefaultLanguage) > languageBytesMax {
		return fault.New(fault.Unprocessable, "this is not a language")
	}
	return nil
}

// withProfile returns the account as it will be.
func (s *Service) withProfile(ctx context.Context, a storage.Account, p Profile) storage.Account {
	resolve := func(h ids.Handle) (markup.Mention, bool) { return s.mention(ctx, h) }
	if p.DisplayName != nil {
		a.DisplayName = markup.Line(*p.DisplayName)
	}
	if p.Bio != nil {
		a.BioSource = *p.Bio
		a.Bio = markup.Render(*p.Bio, markup.Markdown, resolve, s.Paths.Tag).HTML
	}
	if p.Fields != nil {
		a.Fields = nil
		for _, f := range *p.Fields {
			name, value := markup.Line(f.Name), markup.RenderField(f.Value, resolve, s.Paths.Tag)
			if name != "" || value != "" {
				a.Fields = append(a.Fields, storage.Field{Name: name, Value: value})
			}
		}
	}
	set(&a.Avatar, p.Avatar)
	set(&a.Header, p.Header)
	set(&a.Locked, p.Locked)
	set(&a.Discoverable, p.Discoverable)
	set(&a.Indexable, p.Indexable)
	set(&a.HideCollections, p.HideCollections)
	set(&a.HideMedia, p.HideMedia)
	set(&a.HideMediaReplies, p.HideMediaReplies)
	set(&a.HideFeatured, p.HideFeatured)
	if p.AvatarDescription != nil {
		a.AvatarDescription = strings.TrimSpace(*p.AvatarDescription)
	}
	if p.HeaderDescription != nil {
		a.HeaderDescription = strings.TrimSpace(*p.HeaderDescription)
	}
	if p.AttributionDomains != nil {
		a.AttributionDomains, _ = sites(*p.AttributionDomains) // checked
	}
	if set(&a.Bot, p.Bot); p.Bot != nil {
		a.Type = "Person"
		if a.Bot {
			a.Type = "Service"
		}
	}
	return a
}

// sites reads the names of sites, each once, from what people type or copy from their browser.
func sites(typed []string) (hosts storage.Texts, err error) {
	for _, text := range typed {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if _, after, ok := strings.Cut(text, "://"); ok {
			text = after
		}
		text, _, _ = strings.Cut(text, "/")
		host, err := ids.NormalizeHost(text)
		if err != nil || !strings.Contains(host, ".") {
			return nil, fault.New(fault.Unprocessable, "attribution domains: %q is not the name of a site", text)
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if len(hosts) > AttributionDomainsMax {
		return nil, fault.New(fault.Unprocessable, "at most %d sites may name somebody as author", AttributionDomainsMax)
	}
	return hosts, nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// mention finds somebody in a bio, among those whom this node knows: a profile is no reason to ask
// other servers.
func (s *Service) mention(ctx context.Context, h ids.Handle) (markup.Mention, bool) {
	if h.Host == s.AccountHost || h.Host == s.Paths.Host() {
		h.Host = ""
	}
	a, err := s.Store.AccountByHandle(ctx, h.Name, h.Host)
	if err != nil || a.Hidden {
		return markup.Mention{}, false
	}
	return markup.Mention{Handle: a.Handle(), Actor: a.URI, URL: a.URL}, true
}

// sameProfile tells whether two states of an account look the same to others.
func sameProfile(a, b storage.Account) bool {
	return a.DisplayName == b.DisplayName && a.Bio == b.Bio && a.BioSource == b.BioSource &&
		slices.Equal(a.Fields, b.Fields) && a.Avatar == b.Avatar && a.Header == b.Header &&
		a.Locked == b.Locked && a.Bot == b.Bot && a.Type == b.Type && a.Discoverable == b.Discoverable &&
		a.Indexable == b.Indexable && a.MovedTo == b.MovedTo && slices.Equal(a.AlsoKnownAs, b.AlsoKnownAs) &&
		a.HideCollections == b.HideCollections && a.HideMedia == b.HideMedia && a.HideMediaReplies == b.HideMediaReplies &&
		a.HideFeatured == b.HideFeatured && a.AvatarDescription == b.AvatarDescription &&
		a.HeaderDescription == b.HeaderDescription && slices.Equal(a.AttributionDomains, b.AttributionDomains)
}

// profileNews is the Update that shows the followers' servers how somebody looks now.
func (s *Service) profileNews(ctx context.Context, a storage.Account) (*federation.Outgoing, error) {
	keys, err := s.Store.KeysOf(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	emojis, err := s.Store.EmojisNamed(ctx, "", federation.EmojiCodes(a))
	if err != nil {
		return nil, err
	}
	doc := s.Sender.ActorDocument(a, keys, emojis...)
	doc.Updated = time.Now().UTC()
	return s.Sender.Prepare(ctx, a, vocab.Activity{
		ID: s.newActivityID(a), Type: "Update", Actor: a.URI, Updated: doc.Updated,
		To: []string{vocab.Public}, Cc: []string{a.Followers},
		Object: &vocab.Object{ID: doc.ID, Type: doc.Type, Known: true, Actor: &doc},
	})
}

func updatePreferences(ctx context.Context, tx *storage.Tx, account int64, p Profile) error {
	if p.DefaultVisibility == nil && p.DefaultSensitive == nil && p.DefaultLanguage == nil && p.DefaultQuotePolicy == nil {
		return nil
	}
	login, err := tx.LoginByAccount(ctx, account)
	if err != nil {
		return err
	}
	set(&login.DefaultVisibility, p.DefaultVisibility)
	set(&login.DefaultSensitive, p.DefaultSensitive)
	set(&login.DefaultLanguage, p.DefaultLanguage)
	set(&login.DefaultQuotePolicy, p.DefaultQuotePolicy)
	return tx.UpdatePreferences(ctx, login)
}

package mastodon

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tulou/apps/media"
	"tulou/apps/media/picture"
	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What clients decide by. They switch features on by the version of Mastodon or by api_versions.
// Both announce quotes (4.5, version 7), and are below what announces collections (4.6, version
// 10), which are not served.
const (
	mastodonVersion = "4.5.0"
	apiVersion      = 7
)

// charactersPerURL is what a link counts in a post, whatever its length (markup.Length).
const charactersPerURL = 23

type instance struct {
	Domain        string         `json:"domain"`
	Title         string         `json:"title"`
	Version       string         `json:"version"`
	SourceURL     string         `json:"source_url"`
	Description   string         `json:"description"`
	Wrapstodon    *string        `json:"wrapstodon"`
	Usage         usage          `json:"usage"`
	Thumbnail     thumbnail      `json:"thumbnail"`
	Icon          []icon         `json:"icon"`
	Languages     []string       `json:"languages"`
	Configuration configuration  `json:"configuration"`
	Registrations registrations  `json:"registrations"`
	APIVersions   map[string]int `json:"api_versions"`
	Contact       contact        `json:"contact"`
	Rules         []rule         `json:"rules"`
}

type usage struct {
	Users struct {
		ActiveMonth int64 `json:"active_month"`
	} `json:"users"`
}

type thumbnail struct {
	URL         string `json:"url"`
	Description string `json:"description"`
}

type icon struct {
	Src  string `json:"src"`
	Size string `json:"size"`
}

// configuration says what clients may rely on, as far as it is served.
type configuration struct {
	URLs struct {
		Streaming      string  `json:"streaming"`
		Status         *string `json:"status"`
		About          string  `json:"about"`
		PrivacyPolicy  *string `json:"privacy_policy"`
		TermsOfService *string `json:"terms_of_service"`
	} `json:"urls"`
	Vapid struct {
		PublicKey string `json:"public_key"`
	} `json:"vapid"`
	Accounts         accountLimits `json:"accounts"`
	Statuses         statusLimits  `json:"statuses"`
	MediaAttachments mediaLimits   `json:"media_attachments"`
	Polls            pollLimits    `json:"polls"`
	Translation      struct {
		Enabled bool `json:"enabled"`
	} `json:"translation"`
	TimelinesAccess   map[string]feedAccess `json:"timelines_access"`
	LimitedFederation bool                  `json:"limited_federation"`
	// DomainBlocks is ours: whether people of this node are answered who ask which domains are
	// blocked (ShowBlocks), so that their client need not find out by a refusal.
	DomainBlocks struct {
		Enabled bool `json:"enabled"`
	} `json:"domain_blocks"`
}

type accountLimits struct {
	DisplayName       int `json:"max_display_name_length"`
	Note              int `json:"max_note_length"`
	AvatarDescription int `json:"max_avatar_description_length"`
	HeaderDescription int `json:"max_header_description_length"`
	FeaturedTags      int `json:"max_featured_tags"`
	PinnedStatuses    int `json:"max_pinned_statuses"`
	ProfileFields     int `json:"max_profile_fields"`
	FieldName         int `json:"profile_field_name_limit"`
	FieldValue        int `json:"profile_field_value_limit"`
}

type statusLimits struct {
	Characters       int `json:"max_characters"`
	MediaAttachments int `json:"max_media_attachments"`
	PerURL           int `json:"characters_reserved_per_url"`
}

// mediaLimits are of what is uploaded: bytes, pixels, and frames in a second.
type mediaLimits struct {
	MimeTypes      []string `json:"supported_mime_types"`
	Description    int      `json:"description_limit"`
	ImageSize      int      `json:"image_size_limit"`
	ImageMatrix    int      `json:"image_matrix_limit"`
	VideoSize      int      `json:"video_size_limit"`
	VideoFrameRate int      `json:"video_frame_rate_limit"`
	VideoMatrix    int      `json:"video_matrix_limit"`
}

// pollLimits are of polls that are made here; expirations are in seconds.
type pollLimits struct {
	Options       int `json:"max_options"`
	Characters    int `json:"max_characters_per_option"`
	MinExpiration int `json:"min_expiration"`
	MaxExpiration int `json:"max_expiration"`
}

type feedAccess struct {
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

type registrations struct {
	Enabled          bool    `json:"enabled"`
	ApprovalRequired bool    `json:"approval_required"`
	ReasonRequired   *bool   `json:"reason_required"`
	Message          *string `json:"message"`
	MinAge           *int    `json:"min_age"`
	URL              *string `json:"url"`
}

type contact struct {
	Email   string   `json:"email"`
	Account *account `json:"account"`
}

// urlsV1 is where older clients find streams.
type urlsV1 struct {
	StreamingAPI string `json:"streaming_api"`
}

// instanceV1 is how clients from before Mastodon 4 know a node.
type instanceV1 struct {
	URI              string          `json:"uri"`
	Title            string          `json:"title"`
	ShortDescription string          `json:"short_description"`
	Description      string          `json:"description"`
	Email            string          `json:"email"`
	Version          string          `json:"version"`
	URLs             urlsV1          `json:"urls"`
	Stats            statsV1         `json:"stats"`
	Thumbnail        *string         `json:"thumbnail"`
	Languages        []string        `json:"languages"`
	Registrations    bool            `json:"registrations"`
	ApprovalRequired bool            `json:"approval_required"`
	InvitesEnabled   bool            `json:"invites_enabled"`
	Configuration    configurationV1 `json:"configuration"`
	ContactAccount   *account        `json:"contact_account"`
	Rules            []rule          `json:"rules"`
}

type statsV1 struct {
	Users    int64 `json:"user_count"`
	Statuses int64 `json:"status_count"`
	Domains  int64 `json:"domain_count"`
}

type configurationV1 struct {
	Accounts         accountLimits `json:"accounts"`
	Statuses         statusLimits  `json:"statuses"`
	MediaAttachments mediaLimits   `json:"media_attachments"`
	Polls            pollLimits    `json:"polls"`
}

// version is what clients read as Mastodon's version, and what people read as ours.
func (a *API) version() string {
	return mastodonVersion + " (compatible; Tulou " + a.Version + ")"
}

func limitsOf() configurationV1 {
	return configurationV1{
		Accounts: accountLimits{
			DisplayName: people.DisplayNameMax, Note: people.BioMax, ProfileFields: people.FieldsMax,
			FieldName: people.FieldMax, FieldValue: people.FieldMax,
			FeaturedTags: storage.FeaturedTagsMax, PinnedStatuses: storage.PinsMax,
			AvatarDescription: people.PictureDescriptionMax, HeaderDescription: people.PictureDescriptionMax,
		},
		Statuses: statusLimits{Characters: social.CharactersMax, MediaAttachments: social.MediaMax, PerURL: charactersPerURL},
		MediaAttachments: mediaLimits{
			MimeTypes: media.Types(), Description: media.DescriptionMax, ImageSize: media.PictureBytesMax, ImageMatrix: picture.PixelsMax,
			VideoSize: media.FilmBytesMax, VideoFrameRate: media.FramesMax, VideoMatrix: media.FilmPixelsMax,
		},
		Polls: pollLimits{
			Options: social.OptionsMax, Characters: social.OptionCharactersMax,
			MinExpiration: int(social.PollLastsMin.Seconds()), MaxExpiration: int(social.PollLastsMax.Seconds()),
		},
	}
}

func (a *API) instance(q *query) (any, error) {
	stats, err := a.counts.get(q.Context(), a.Store)
	if err != nil {
		return nil, err
	}
	said, err := a.said(q.Context())
	if err != nil {
		return nil, err
	}
	joining, _, err := a.joins(q)
	if err != nil {
		return nil, err
	}
	limits := limitsOf()
	i := instance{
		Domain: a.AccountHost, Title: said.title, Version: a.version(), SourceURL: a.SourceURL, Description: said.Description,
		Thumbnail: thumbnail{URL: a.Paths.Base + missingAvatar}, Icon: []icon{}, Languages: []string{"en"},
		Configuration: configuration{
			Accounts: limits.Accounts, Statuses: limits.Statuses, MediaAttachments: limits.MediaAttachments, Polls: limits.Polls,
			TimelinesAccess:   a.feedsAccess(),
			LimitedFederation: a.AllowListOnly,
		},
		APIVersions: map[string]int{"mastodon": apiVersion},
		Contact:     contact{Email: said.Email, Account: said.contact},
		Rules:       said.rules, Registrations: joining,
	}
	i.Configuration.URLs.PrivacyPolicy, i.Configuration.URLs.TermsOfService = said.privacyPage, said.termsPage
	i.Usage.Users.ActiveMonth = stats.ActiveMonth
	i.Configuration.DomainBlocks.Enabled = a.ShowBlocks == BlocksForPeople || a.ShowBlocks == BlocksForEverybody
	i.Configuration.URLs.About = a.Paths.Base + "/about"
	i.Configuration.URLs.Streaming = a.streamingURL()
	i.Configuration.Vapid.PublicKey = a.Push.PublicKey()
	return i, nil
}

func (a *API) instanceV1(q *query) (any, error) {
	stats, err := a.counts.get(q.Context(), a.Store)
	if err != nil {
		return nil, err
	}
	said, err := a.said(q.Context())
	if err != nil {
		return nil, err
	}
	about := ""
	if said.About != nil {
		about = said.About.HTML
	}
	joining, invites, err := a.joins(q)
	if err != nil {
		return nil, err
	}
	picture := a.Paths.Base + missingAvatar
	return instanceV1{
		Registrations: joining.Enabled, ApprovalRequired: joining.ApprovalRequired, InvitesEnabled: invites,
		URI: a.AccountHost, Title: said.title, ShortDescription: said.Description, Description: about, Email: said.Email,
		ContactAccount: said.contact, Version: a.version(), URLs: urlsV1{a.streamingURL()},
		Stats:     statsV1{stats.Users, stats.LocalPosts, stats.KnownHosts},
		Thumbnail: &picture, Languages: []string{"en"}, Configuration: limitsOf(), Rules: said.rules,
	}, nil
}

// counts keeps what a node counts of itself, since counting reads whole tables and strangers may
// ask.
type counts struct {
	mu    sync.Mutex
	stats storage.Stats
	until time.Time
}

// countsFresh is how old the figures may be; nobody acts on them.
const countsFresh = time.Minute

func (c *counts) get(ctx context.Context, store *storage.Store) (storage.Stats, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.until) {
		return c.stats, nil
	}
	stats, err := store.Stats(ctx, now)
	if err == nil {
		c.stats, c.until = stats, now.Add(countsFresh)
	}
	return stats, err
}

// verifyApp tells a client program what it is registered as.
func (a *API) verifyApp(q *query) (any, error) {
	app := q.who.App
	return clientApplication{
		ID: ids.Format(app.ID), Name: app.Name, Website: optionalText(app.Website), Scopes: strings.Fields(app.Scopes),
		RedirectURIs: strings.Fields(app.RedirectURIs), RedirectURI: app.RedirectURIs,
		VapidKey: a.Push.PublicKey(),
	}, nil
}

// The colours of pictures that nobody chose: a light grey, and nothing at all.
var (
	missingGrey    = color.NRGBA{R: 0xd9, G: 0xd6, B: 0xd0, A: 0xff}
	missingNothing = color.NRGBA{}
)

// missingPicture serves a picture of one colour, which clients stretch as they like.
func missingPicture(of color.NRGBA) http.HandlerFunc {
	picture := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	picture.SetNRGBA(0, 0, of)
	var body bytes.Buffer
	err := png.Encode(&body, picture)
	return func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			writeError(w, err)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "image/png")
		h.Set("Cache-Control", "public, max-age=86400")
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Content-Length", strconv.Itoa(body.Len()))
		_, _ = w.Write(body.Bytes())
	}
}

package mastodon

import (
	"encoding/json"
	"time"

	"tulou/storage"
)

// The entities of Mastodon's API, field by field as its documentation of version 4.6 has them
// (docs.joinmastodon.org/entities). They are for rendering only. Statuses are put together from
// parts (render_status.go), so that most of one is rendered once for everybody.

// stamp is how Mastodon writes an instant (RFC 3339 with milliseconds).
const stamp = "2006-01-02T15:04:05.000Z"

func instant(at storage.Millis) string { return at.Time().Format(stamp) }

// optionalInstant is null for never.
func optionalInstant(at storage.Millis) *string {
	if at == 0 {
		return nil
	}
	text := instant(at)
	return &text
}

// optionalText is null for nothing.
func optionalText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// account is somebody. Moved is there only if they moved.
type account struct {
	ID                string          `json:"id"`
	Username          string          `json:"username"`
	Acct              string          `json:"acct"`
	DisplayName       string          `json:"display_name"`
	Locked            bool            `json:"locked"`
	Bot               bool            `json:"bot"`
	Group             bool            `json:"group"`
	Discoverable      *bool           `json:"discoverable"`
	Indexable         bool            `json:"indexable"`
	Noindex           *bool           `json:"noindex,omitempty"` // local people only
	CreatedAt         string          `json:"created_at"`
	Note              string          `json:"note"`
	URL               string          `json:"url"`
	URI               string          `json:"uri"`
	Avatar            string          `json:"avatar"`
	AvatarStatic      string          `json:"avatar_static"`
	AvatarDescription string          `json:"avatar_description"`
	Header            string          `json:"header"`
	HeaderStatic      string          `json:"header_static"`
	HeaderDescription string          `json:"header_description"`
	FollowersCount    int64           `json:"followers_count"`
	FollowingCount    int64           `json:"following_count"`
	StatusesCount     int64           `json:"statuses_count"`
	LastStatusAt      *string         `json:"last_status_at"`
	HideCollections   *bool           `json:"hide_collections"`
	ShowMedia         bool            `json:"show_media"`
	ShowMediaReplies  bool            `json:"show_media_replies"`
	ShowFeatured      bool            `json:"show_featured"`
	Emojis            []customEmoji   `json:"emojis"`
	Fields            []field         `json:"fields"`
	Roles             []struct{}      `json:"roles"`
	FeatureApproval   approval        `json:"feature_approval"`
	Moved             json.RawMessage `json:"moved,omitempty"`
	Limited           bool            `json:"limited,omitempty"`   // by this node's moderators
	Suspended         bool            `json:"suspended,omitempty"` // seen by moderators alone
}

type field struct {
	Name       string  `json:"name"`
	Value      string  `json:"value"`
	VerifiedAt *string `json:"verified_at"`
}

// approval is who may feature somebody. This node knows no collections, so nobody may.
type approval struct {
	Automatic   []string `json:"automatic"`
	Manual      []string `json:"manual"`
	CurrentUser string   `json:"current_user"`
}

// credentialAccount is oneself.
type credentialAccount struct {
	account
	Source source `json:"source"`
	Role   role   `json:"role"`
}

type source struct {
	AttributionDomains  []string `json:"attribution_domains"`
	Note                string   `json:"note"`
	Fields              []field  `json:"fields"`
	Privacy             string   `json:"privacy"`
	Sensitive           bool     `json:"sensitive"`
	Language            string   `json:"language"`
	FollowRequestsCount int      `json:"follow_requests_count"`
	HideCollections     *bool    `json:"hide_collections"`
	Discoverable        *bool    `json:"discoverable"`
	Indexable           bool     `json:"indexable"`
	QuotePolicy         string   `json:"quote_policy"`
}

type role struct {
	ID              string `json:"id"`
	Name            string `json:"name"`
	Color           string `json:"color"`
	Permissions     string `json:"permissions"`
	Highlighted     bool   `json:"highlighted"`
	CollectionLimit int    `json:"collection_limit"`
}

// mutedAccount is somebody in the list of those whom one mutes.
type mutedAccount struct {
	account
	MuteExpiresAt *string `json:"mute_expires_at"`
}

type relationship struct {
	ID                  string   `json:"id"`
	Following           bool     `json:"following"`
	ShowingReblogs      bool     `json:"showing_reblogs"`
	Notifying           bool     `json:"notifying"`
	Languages           []string `json:"languages"`
	FollowedBy          bool     `json:"followed_by"`
	Blocking            bool     `json:"blocking"`
	BlockedBy           bool     `json:"blocked_by"`
	Muting              bool     `json:"muting"`
	MutingNotifications bool     `json:"muting_notifications"`
	MutingExpiresAt     *string  `json:"muting_expires_at"`
	Requested           bool     `json:"requested"`
	RequestedBy         bool     `json:"requested_by"`
	DomainBlocking      bool     `json:"domain_blocking"`
	Endorsed            bool     `json:"endorsed"`
	Note                string   `json:"note"`
}

// statusBody is what of a status is the same for everybody; the rest is appended to it.
type statusBody struct {
	ID                 string            `json:"id"`
	CreatedAt          string            `json:"created_at"`
	InReplyToID        *string           `json:"in_reply_to_id"`
	InReplyToAccountID *string           `json:"in_reply_to_account_id"`
	Sensitive          bool              `json:"sensitive"`
	SpoilerText        string            `json:"spoiler_text"`
	Visibility         string            `json:"visibility"`
	Language           *string           `json:"language"`
	URI                string            `json:"uri"`
	URL                *string           `json:"url"`
	RepliesCount       int64             `json:"replies_count"`
	ReblogsCount       int64             `json:"reblogs_count"`
	FavouritesCount    int64             `json:"favourites_count"`
	QuotesCount        int64             `json:"quotes_count"`
	EditedAt           *string           `json:"edited_at"`
	Content            string            `json:"content"`
	Application        *application      `json:"application,omitempty"`
	MediaAttachments   []mediaAttachment `json:"media_attachments"`
	Mentions           []mention         `json:"mentions"`
	Tags               []statusTag       `json:"tags"`
	Emojis             []customEmoji     `json:"emojis"`
	Card               *previewCard      `json:"card"`
	TaggedCollections  []struct{}        `json:"tagged_collections"`
}

type application struct {
	Name    string  `json:"name"`
	Website *string `json:"website"`
}

type mention struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	URL      string `json:"url"`
	Acct     string `json:"acct"`
}

type statusTag struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type poll struct {
	ID          string        `json:"id"`
	ExpiresAt   *string       `json:"expires_at"`
	Expired     bool          `json:"expired"`
	Multiple    bool          `json:"multiple"`
	VotesCount  int64         `json:"votes_count"`
	VotersCount *int64        `json:"voters_count"`
	Voted       *bool         `json:"voted,omitempty"`
	OwnVotes    *[]int        `json:"own_votes,omitempty"`
	Options     []pollOption  `json:"options"`
	Emojis      []customEmoji `json:"emojis"`
}

type pollOption struct {
	Title      string `json:"title"`
	VotesCount *int64 `json:"votes_count"`
}

type statusEdit struct {
	Content          string            `json:"content"`
	SpoilerText      string            `json:"spoiler_text"`
	Sensitive        bool              `json:"sensitive"`
	CreatedAt        string            `json:"created_at"`
	Account          json.RawMessage   `json:"account"`
	Poll             *editPoll         `json:"poll,omitempty"`
	MediaAttachments []mediaAttachment `json:"media_attachments"`
	Emojis           []customEmoji     `json:"emojis"`
	Quote            json.RawMessage   `json:"quote"`
}

type editPoll struct {
	Options []editOption `json:"options"`
}

type editOption struct {
	Title string `json:"title"`
}

type statusSource struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	SpoilerText string `json:"spoiler_text"`
}

type thread struct {
	Ancestors   []json.RawMessage `json:"ancestors"`
	Descendants []json.RawMessage `json:"descendants"`
}

type notification struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	GroupKey  string          `json:"group_key"`
	CreatedAt string          `json:"created_at"`
	Account   json.RawMessage `json:"account"`
	Status    json.RawMessage `json:"status,omitempty"`
	Report    json.RawMessage `json:"report,omitempty"` // of admin.report
	Event     json.RawMessage `json:"event,omitempty"`  // of severed_relationships
	Warning   json.RawMessage `json:"moderation_warning,omitempty"`
}

type conversation struct {
	ID         string            `json:"id"`
	Unread     bool              `json:"unread"`
	Accounts   []json.RawMessage `json:"accounts"`
	LastStatus json.RawMessage   `json:"last_status"`
}

type marker struct {
	LastReadID string `json:"last_read_id"`
	Version    int64  `json:"version"`
	UpdatedAt  string `json:"updated_at"`
}

type search struct {
	Accounts []json.RawMessage `json:"accounts"`
	Statuses []json.RawMessage `json:"statuses"`
	Hashtags []tag             `json:"hashtags"`
}

type preferences struct {
	Visibility     string  `json:"posting:default:visibility"`
	Sensitive      bool    `json:"posting:default:sensitive"`
	Language       *string `json:"posting:default:language"`
	QuotePolicy    string  `json:"posting:default:quote_policy"`
	ExpandMedia    string  `json:"reading:expand:media"`
	ExpandSpoilers bool    `json:"reading:expand:spoilers"`
}

// clientApplication is a client program as it sees itself.
type clientApplication struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Website      *string  `json:"website"`
	Scopes       []string `json:"scopes"`
	RedirectURIs []string `json:"redirect_uris"`
	RedirectURI  string   `json:"redirect_uri"`
	VapidKey     string   `json:"vapid_key"`
}

// day is how Mastodon writes a date without a time.
func day(at storage.Millis) *string {
	if at == 0 {
		return nil
	}
	text := at.Time().Format(time.DateOnly)
	return &text
}

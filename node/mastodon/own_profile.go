package mastodon

import (
	"tulou/protocol/ids"
	"tulou/protocol/markup"
)

// ownProfile is oneself as one edits it: with what was typed, and null for pictures that nobody
// chose.
type ownProfile struct {
	ID                 string   `json:"id"`
	DisplayName        string   `json:"display_name"`
	Note               string   `json:"note"`
	Fields             []field  `json:"fields"`
	Avatar             *string  `json:"avatar"`
	AvatarStatic       *string  `json:"avatar_static"`
	AvatarDescription  string   `json:"avatar_description"`
	Header             *string  `json:"header"`
	HeaderStatic       *string  `json:"header_static"`
	HeaderDescription  string   `json:"header_description"`
	Locked             bool     `json:"locked"`
	Bot                bool     `json:"bot"`
	HideCollections    *bool    `json:"hide_collections"`
	Discoverable       *bool    `json:"discoverable"`
	Indexable          bool     `json:"indexable"`
	ShowMedia          bool     `json:"show_media"`
	ShowMediaReplies   bool     `json:"show_media_replies"`
	ShowFeatured       bool     `json:"show_featured"`
	AttributionDomains []string `json:"attribution_domains"`
	FeaturedTags       any      `json:"featured_tags"` // []featuredTag
}

// profileRoutes are about one's own profile as Mastodon 4.6 has it.
func (a *API) profileRoutes(r routes) {
	r.person(get, "/api/v1/profile", a.profile, "profile", "read:accounts")
	r.upload(patch, "/api/v1/profile", a.updateOwnProfile, "write:accounts")
	a.annualReportRoutes(r)
}

func (a *API) updateOwnProfile(q *query) (any, error) {
	if _, err := a.updateCredentials(q); err != nil {
		return nil, err
	}
	return a.profile(q)
}

func (a *API) profile(q *query) (any, error) {
	of, err := a.Store.AccountByID(q.Context(), q.viewer())
	if err != nil {
		return nil, err
	}
	tags, err := a.featuredTagsOf(q.Context(), of)
	if err != nil {
		return nil, err
	}
	shown := a.account(of)
	mine := ownProfile{
		ID: ids.Format(of.ID), DisplayName: of.DisplayName, Note: of.BioSource, Fields: fields(of.Fields),
		AvatarDescription: shown.AvatarDescription, HeaderDescription: shown.HeaderDescription,
		Locked: of.Locked, Bot: of.Bot, HideCollections: shown.HideCollections, Discoverable: &of.Discoverable, Indexable: of.Indexable,
		ShowMedia: shown.ShowMedia, ShowMediaReplies: shown.ShowMediaReplies, ShowFeatured: shown.ShowFeatured,
		AttributionDomains: append([]string{}, of.AttributionDomains...), FeaturedTags: tags,
	}
	for i := range mine.Fields {
		mine.Fields[i].Value = markup.PlainText(mine.Fields[i].Value)
	}
	if of.Avatar != "" && of.Avatar != a.AvatarURL(of.Name) {
		mine.Avatar, mine.AvatarStatic = &shown.Avatar, &shown.AvatarStatic
	}
	if of.Header != "" {
		mine.Header, mine.HeaderStatic = &shown.Header, &shown.HeaderStatic
	}
	return mine, nil
}

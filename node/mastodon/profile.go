package mastodon

import (
	"strings"

	"tulou/apps/people"
)

// updateCredentials changes the viewer's profile and preferences; what is not sent stays.
func (a *API) updateCredentials(q *query) (any, error) {
	profile := people.Profile{
		DisplayName: q.optional("display_name"), Bio: q.optional("note"), Fields: q.profileFields(),
		Locked: q.optionalFlag("locked"), Bot: q.optionalFlag("bot"),
		Discoverable: q.optionalFlag("discoverable"), Indexable: q.optionalFlag("indexable"),
		DefaultVisibility: q.optional("source[privacy]"), DefaultSensitive: q.optionalFlag("source[sensitive]"),
		DefaultLanguage: q.optional("source[language]"), DefaultQuotePolicy: q.optional("source[quote_policy]"),
		HideCollections: q.optionalFlag("hide_collections"), HideMedia: not(q.optionalFlag("show_media")),
		HideMediaReplies: not(q.optionalFlag("show_media_replies")), HideFeatured: not(q.optionalFlag("show_featured")),
		AvatarDescription: q.optional("avatar_description"), HeaderDescription: q.optional("header_description"),
		AttributionDomains: q.attributionDomains(),
	}
	if err := a.setPictures(q, &profile); err != nil {
		return nil, err
	}
	if err := a.updateProfile(q, profile); err != nil {
		return nil, err
	}
	return a.credentials(q.Context(), q.viewer())
}

// not turns a switch that was sent around.
func not(flag *bool) *bool {
	if flag == nil {
		return nil
	}
	other := !*flag
	return &other
}

// attributionDomains reads the sites that may name the viewer as author; it is nil if they were not
// sent, and empty if an empty one was.
func (q *query) attributionDomains() *[]string {
	const key = "attribution_domains"
	if !q.has(key) && !q.has(key+"[]") && len(q.indexes(key)) == 0 {
		return nil
	}
	list := q.list(key)
	return &list
}

// profileFields reads fields_attributes, which clients send as a hash by number,
// fields_attributes[0] [name], or as a list, fields_attributes[][name]. It is nil if neither was
// sent.
func (q *query) profileFields() *[]people.Field {
	const key = "fields_attributes"
	var list []people.Field
	sent := false
	add := func(name, value string) {
		sent = true
		if strings.TrimSpace(name) != "" || strings.TrimSpace(value) != "" {
			list = append(list, people.Field{Name: name, Value: value})
		}
	}
	for _, index := range q.indexes(key) {
		add(q.text(key+"["+index+"][name]"), q.text(key+"["+index+"][value]"))
	}
	if !sent && !q.has(key) && !q.has(key+"[]") {
		return nil
	}
	return &list
}

func (a *API) preferences(q *query) (any, error) {
	login, err := a.Store.LoginByAccount(q.Context(), q.viewer())
	if err != nil {
		return nil, err
	}
	return preferences{
		Visibility: login.DefaultVisibility, Sensitive: login.DefaultSensitive, Language: optionalText(login.DefaultLanguage),
		QuotePolicy: login.DefaultQuotePolicy, ExpandMedia: "default",
	}, nil
}

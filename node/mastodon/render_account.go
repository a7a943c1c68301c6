package mastodon

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"tulou/apps/guard"
	"tulou/apps/media"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/storage"
)

// Pictures of people who have none. Clients hide a header whose address ends like this one.
const (
	missingAvatar = "/avatars/original/missing.png"
	missingHeader = "/headers/original/missing.png"
)

// acct is how clients name somebody: name, or name@host for people of other servers.
func acct(a storage.Account) string { return a.Handle().String() }

// pageOf is where people read about somebody.
func pageOf(a storage.Account) string {
	if a.URL != "" {
		return a.URL
	}
	return a.URI
}

// account renders somebody, but for where they moved.
func (a *API) account(of storage.Account) account {
	avatar, header := a.Paths.Address(of.Avatar), a.Paths.Address(of.Header)
	switch {
	case avatar == "" && of.Local():
		avatar = a.AvatarURL(of.Name)
	case avatar == "":
		avatar = a.Paths.Base + missingAvatar
	}
	if header == "" {
		header = a.Paths.Base + missingHeader
	}
	still := avatar
	if other := media.Still(of.Avatar); other != of.Avatar {
		still = a.Paths.Address(other)
	}
	rendered := account{
		ID: ids.Format(of.ID), Username: of.Name, Acct: acct(of), DisplayName: of.DisplayName,
		Locked: of.Locked, Bot: of.Bot, Group: of.Type == "Group",
		Discoverable: &of.Discoverable, Indexable: of.Indexable,
		CreatedAt: instant(of.CreatedAt), Note: of.Bio, URL: pageOf(of), URI: of.URI,
		Avatar: avatar, AvatarStatic: still, Header: header, HeaderStatic: header,
		FollowersCount: of.FollowersCount, FollowingCount: of.FollowingCount, StatusesCount: of.StatusesCount,
		LastStatusAt: day(of.LastStatusAt), ShowMedia: !of.HideMedia, ShowMediaReplies: !of.HideMediaReplies, ShowFeatured: !of.HideFeatured,
		AvatarDescription: of.AvatarDescription, HeaderDescription: of.HeaderDescription,
		Emojis: []customEmoji{}, Roles: []struct{}{}, Fields: fields(of.Fields), FeatureApproval: nobodyMay("missing"),
	}
	rendered.Limited, rendered.Suspended = of.Limited, of.SuspendedAt != 0 || of.SuspendedThere
	if of.Local() {
		rendered.Noindex, rendered.HideCollections = new(bool), &of.HideCollections
	}
	return rendered
}

func nobodyMay(current string) approval {
	return approval{Automatic: []string{}, Manual: []string{}, CurrentUser: current}
}

func fields(of storage.Fields) []field {
	list := make([]field, len(of))
	for i, f := range of {
		list[i] = field{Name: f.Name, Value: f.Value, VerifiedAt: optionalInstant(f.VerifiedAt)}
	}
	return list
}

// fullAccount renders somebody with where they moved, one step far.
func (a *API) fullAccount(ctx context.Context, of storage.Account) (account, error) {
	rendered, err := a.account(of), error(nil)
	if rendered.Emojis, err = a.accountEmojis(ctx, of); err != nil || of.MovedTo == "" {
		return rendered, err
	}
	target, err := a.Store.AccountByURI(ctx, of.MovedTo)
	if fault.Is(err, fault.NotFound) || err == nil && target.Hidden {
		return rendered, nil
	}
	if err != nil {
		return rendered, err
	}
	moved := a.account(target)
	if moved.Emojis, err = a.accountEmojis(ctx, target); err == nil {
		rendered.Moved, err = marshal(moved)
	}
	return rendered, err
}

// accountJSON returns somebody as JSON, rendered before if nothing changed since.
func (a *API) accountJSON(ctx context.Context, of storage.Account) (json.RawMessage, error) {
	now := time.Now()
	if piece, ok := a.accounts.get(of.ID, of.Version, now); ok {
		return piece.json, nil
	}
	full, err := a.fullAccount(ctx, of)
	if err != nil {
		return nil, err
	}
	body, err := marshal(full)
	if err == nil && of.MovedTo == "" { // where they moved changes without them
		a.accounts.put(of.ID, rendered{version: of.Version, json: body}, now)
	}
	return body, err
}

// accountsJSON is accountJSON for a list.
func (a *API) accountsJSON(ctx context.Context, list []storage.Account) ([]json.RawMessage, error) {
	all := make([]json.RawMessage, len(list))
	for i, of := range list {
		var err error
		if all[i], err = a.accountJSON(ctx, of); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// credentials renders somebody for themselves, as they are now.
func (a *API) credentials(ctx context.Context, id int64) (credentialAccount, error) {
	of, err := a.Store.AccountByID(ctx, id)
	if err != nil {
		return credentialAccount{}, err
	}
	login, err := a.Store.LoginByAccount(ctx, id)
	if err != nil {
		return credentialAccount{}, err
	}
	requests, err := a.Store.FollowRequests(ctx, id, storage.Page{Limit: storage.AccountPageMax})
	if err != nil {
		return credentialAccount{}, err
	}
	full, err := a.fullAccount(ctx, of)
	if err != nil {
		return credentialAccount{}, err
	}
	typed := fields(of.Fields)
	for i := range typed {
		typed[i].Value = markup.PlainText(typed[i].Value)
	}
	return credentialAccount{
		account: full,
		Source: source{
			AttributionDomains: append([]string{}, of.AttributionDomains...), Note: of.BioSource, Fields: typed,
			Privacy: login.DefaultVisibility, Sensitive: login.DefaultSensitive, Language: login.DefaultLanguage,
			FollowRequestsCount: len(requests), HideCollections: &of.HideCollections,
			Discoverable: &of.Discoverable, Indexable: of.Indexable, QuotePolicy: login.DefaultQuotePolicy,
		},
		Role: roleOf(login.Role),
	}, nil
}

// roleOf is what somebody may do on the node.
func roleOf(name string) role {
	made := role{ID: "-99", Permissions: strconv.FormatInt(int64(guard.PermissionsOf(name)), 10)}
	switch name {
	case storage.RoleOwner:
		made.ID, made.Name = "3", "Owner"
	case storage.RoleAdmin:
		made.ID, made.Name = "2", "Admin"
	case storage.RoleModerator:
		made.ID, made.Name = "1", "Moderator"
	}
	return made
}

func relationshipOf(r storage.Relationship) relationship {
	return relationship{
		ID: ids.Format(r.TargetID), Following: r.Following, ShowingReblogs: r.ShowingBoosts, Notifying: r.Notifying,
		FollowedBy: r.FollowedBy, Blocking: r.Blocking, BlockedBy: r.BlockedBy,
		Muting: r.Muting, MutingNotifications: r.MutingNotifications, MutingExpiresAt: optionalInstant(r.MuteExpiresAt),
		Requested: r.Requested, RequestedBy: r.RequestedBy, DomainBlocking: r.DomainBlocking,
		Endorsed: r.Endorsed, Note: r.Note,
	}
}

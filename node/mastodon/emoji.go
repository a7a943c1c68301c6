package mastodon

import (
	"context"

	"tulou/protocol/markup"
	"tulou/storage"
)

// customEmoji is a picture that texts name as :shortcode:. Category is null for none.
type customEmoji struct {
	Shortcode       string  `json:"shortcode"`
	URL             string  `json:"url"`
	StaticURL       string  `json:"static_url"`
	VisibleInPicker bool    `json:"visible_in_picker"`
	Category        *string `json:"category"`
}

// customEmojis lists the emoji of this node, for the pickers of clients.
func (a *API) customEmojis(q *query) (any, error) {
	own, err := a.Store.OwnEmojis(q.Context())
	return a.renderEmojis(own), err
}

func (a *API) renderEmojis(of []storage.Emoji) []customEmoji {
	list := make([]customEmoji, len(of))
	for i, e := range of {
		list[i] = customEmoji{Shortcode: e.Shortcode, URL: a.Paths.Media(e.Picture, "emoji"), StaticURL: a.Paths.Media(e.Still, "still"),
			VisibleInPicker: e.Host == "", Category: optionalText(e.Category)}
	}
	return list
}

// emojisIn renders the emoji that texts of a host name, "" for this node.
func (a *API) emojisIn(ctx context.Context, host string, texts ...string) ([]customEmoji, error) {
	found, err := a.Store.EmojisNamed(ctx, host, markup.Shortcodes(texts...))
	return a.renderEmojis(found), err
}

// accountEmojis renders the emoji that a profile names.
func (a *API) accountEmojis(ctx context.Context, of storage.Account) ([]customEmoji, error) {
	texts := []string{of.DisplayName, of.Bio}
	for _, f := range of.Fields {
		texts = append(texts, f.Name, f.Value)
	}
	return a.emojisIn(ctx, of.EmojiHost(), texts...)
}

// statusEmojis finds the emoji that statuses name, by status.
func (a *API) statusEmojis(ctx context.Context, statuses []storage.Status) (map[int64][]customEmoji, error) {
	codes, hosts := map[int64][]string{}, map[string][]string{}
	for _, s := range statuses {
		if codes[s.ID] = markup.Shortcodes(s.Content, s.Spoiler); len(codes[s.ID]) > 0 {
			hosts[s.EmojiHost()] = append(hosts[s.EmojiHost()], codes[s.ID]...)
		}
	}
	byCode := map[string]map[string]customEmoji{}
	for host, wanted := range hosts {
		found, err := a.Store.EmojisNamed(ctx, host, wanted)
		if err != nil {
			return nil, err
		}
		byCode[host] = map[string]customEmoji{}
		for _, e := range a.renderEmojis(found) {
			byCode[host][e.Shortcode] = e
		}
	}
	found := make(map[int64][]customEmoji, len(hosts))
	for _, s := range statuses {
		for _, code := range codes[s.ID] {
			if e, ok := byCode[s.EmojiHost()][code]; ok {
				found[s.ID] = append(found[s.ID], e)
			}
		}
	}
	return found, nil
}

// pollEmojis renders the emoji that the options of polls name, by status.
func (a *API) pollEmojis(ctx context.Context, polls map[int64]storage.Poll) (map[int64][]customEmoji, error) {
	codes, named := map[int64][]string{}, []int64{}
	for id, p := range polls {
		var titles []string
		for _, o := range p.Options {
			titles = append(titles, o.Title)
		}
		if found := markup.Shortcodes(titles...); len(found) > 0 {
			codes[id], named = found, append(named, id)
		}
	}
	statuses, err := a.Store.StatusesByIDs(ctx, named)
	found := make(map[int64][]customEmoji, len(named))
	for id, s := range statuses {
		emojis, err := a.Store.EmojisNamed(ctx, s.EmojiHost(), codes[id])
		if err != nil {
			return nil, err
		}
		found[id] = a.renderEmojis(emojis)
	}
	return found, err
}

// EmojisChanged forgets what was rendered with the emoji that this node had.
func (a *API) EmojisChanged() {
	a.bodies.clear()
	a.accounts.clear()
}

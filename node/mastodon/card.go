package mastodon

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"tulou/storage"
)

// CardReader reads the pages to which posts lead.
type CardReader interface {
	// Want has pages read soon that somebody looks at.
	Want(ctx context.Context, cards []storage.Card) error
}

// previewCard is what a page says of itself. There is never HTML in it, and nothing that a client
// would load from elsewhere.
type previewCard struct {
	URL              string       `json:"url"`
	Title            string       `json:"title"`
	Description      string       `json:"description"`
	Language         *string      `json:"language"`
	Type             string       `json:"type"`
	Authors          []cardAuthor `json:"authors"`
	AuthorName       string       `json:"author_name"`
	AuthorURL        string       `json:"author_url"`
	ProviderName     string       `json:"provider_name"`
	ProviderURL      string       `json:"provider_url"`
	HTML             string       `json:"html"`
	Width            int          `json:"width"`
	Height           int          `json:"height"`
	Image            *string      `json:"image"`
	ImageDescription string       `json:"image_description"`
	EmbedURL         string       `json:"embed_url"`
	Blurhash         *string      `json:"blurhash"`
	// MissingAttribution would be that the reader is named as the author and has not said that they
	// write there; it is not told, since a card is the same for all readers.
	MissingAttribution *bool   `json:"missing_attribution"`
	PublishedAt        *string `json:"published_at"`
}

// cardAuthor is who wrote a page, with the account of whom it names if they say so, too.
type cardAuthor struct {
	Name    string          `json:"name"`
	URL     string          `json:"url"`
	Account json.RawMessage `json:"account"`
}

// cards renders what is known of the pages to which statuses lead, and has the others read.
func (a *API) cards(ctx context.Context, statuses []int64) (map[int64]*previewCard, error) {
	found, err := a.Store.Cards(ctx, statuses)
	if err != nil {
		return nil, err
	}
	all := slices.Collect(maps.Values(found))
	rendered, err := a.renderCards(ctx, all)
	if err != nil {
		return nil, err
	}
	cards := make(map[int64]*previewCard, len(found))
	for status, c := range found {
		if c.Type != "" {
			cards[status] = rendered[c.ID]
		}
	}
	if a.Cards != nil {
		err = a.Cards.Want(ctx, all)
	}
	return cards, err
}

// renderCards renders cards by id.
func (a *API) renderCards(ctx context.Context, list []storage.Card) (map[int64]*previewCard, error) {
	var named []int64
	for _, c := range list {
		if c.AuthorID != 0 {
			named = append(named, c.AuthorID)
		}
	}
	people, err := a.Store.AccountsByIDs(ctx, distinct(named))
	if err != nil {
		return nil, err
	}
	cards := make(map[int64]*previewCard, len(list))
	for _, c := range list {
		cards[c.ID] = a.card(c)
		author, known := people[c.AuthorID]
		if !known || !c.Credited(author) {
			continue
		}
		account, err := a.accountJSON(ctx, author)
		if err != nil {
			return nil, err
		}
		cards[c.ID].Authors = []cardAuthor{{Name: c.AuthorName, URL: c.AuthorURL, Account: account}}
	}
	return cards, nil
}

func (a *API) card(c storage.Card) *previewCard {
	card := &previewCard{
		URL: c.URL, Title: c.Title, Description: c.Description, Language: optionalText(c.Language), Type: c.Type,
		Authors: []cardAuthor{}, AuthorName: c.AuthorName, AuthorURL: c.AuthorURL,
		ProviderName: c.ProviderName, ProviderURL: c.ProviderURL,
		Image: optionalText(a.Paths.Media(c.ImageKey, "card")), ImageDescription: c.ImageDescription,
		Width: c.Width, Height: c.Height, Blurhash: optionalText(c.Blurhash), PublishedAt: optionalInstant(c.PublishedAt),
	}
	if c.AuthorName != "" {
		card.Authors = append(card.Authors, cardAuthor{Name: c.AuthorName, URL: c.AuthorURL})
	}
	return card
}

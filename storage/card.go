package storage

import (
	"context"
	"slices"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Card is what a page says of itself to which posts lead. All of it is plain text, and addresses
// of the web.
type Card struct {
	ID               int64
	URL              string // as posts have it
	Type             string // link, or "" if there is nothing to show
	Title            string
	Description      string
	Language         string
	AuthorName       string `db:"author_name"`
	AuthorURL        string `db:"author_url"`
	AuthorID         int64  `db:"author_id"` // whom it names as author, 0 for nobody; see Credited
	ProviderName     string `db:"provider_name"`
	ProviderURL      string `db:"provider_url"`
	ImageURL         string `db:"image_url"` // where it is there
	ImageKey         string `db:"image_key"` // the key under which this node serves it
	ImageDescription string `db:"image_description"`
	Width            int    // of the picture
	Height           int
	Blurhash         string
	PublishedAt      Millis `db:"published_at"`
	FetchedAt        Millis `db:"fetched_at"` // 0: the page was not read yet
	Failures         int
	RetryAt          Millis `db:"retry_at"` // not to be asked for before
	CreatedAt        Millis `db:"created_at"`
}

const cardColumns = `id, url, type, title, description, language, author_name, author_url, provider_name, ` +
	`provider_url, image_url, image_key, image_description, width, height, blurhash, published_at, ` +
	`fetched_at, failures, retry_at, created_at, author_id`

var cardOf = prefixed("c", cardColumns)

// Due tells whether the page should be read now.
func (c Card) Due(now time.Time) bool { return c.FetchedAt == 0 && c.RetryAt <= At(now) }

// Credited tells whether the author whom a page names says, too, that they write for its site, or
// for one above it: a page can name anybody.
func (c Card) Credited(author Account) bool {
	for _, domain := range domainsAbove(ids.Host(c.ProviderURL)) {
		if slices.Contains(author.AttributionDomains, domain) {
			return c.AuthorID == author.ID && !author.Hidden
		}
	}
	return false
}

// Cards returns the card of each of the statuses that lead to a page.
func (r Reader) Cards(ctx context.Context, statuses []int64) (map[int64]Card, error) {
	type row struct {
		StatusID int64 `db:"status_id"`
		Card
	}
	rows, err := listIn[row](ctx, r, `
		SELECT x.status_id, `+cardOf+` FROM status_card x JOIN card c ON c.id = x.card_id WHERE x.status_id IN (?)`, statuses)
	found := make(map[int64]Card, len(rows))
	for _, one := range rows {
		found[one.StatusID] = one.Card
	}
	return found, err
}

// CardByID returns a card; fault.NotFound if there is none.
func (r Reader) CardByID(ctx context.Context, id int64) (c Card, err error) {
	err = r.get(ctx, &c, `SELECT `+cardColumns+` FROM card WHERE id = ?`, id)
	return c, err
}

// CardInUse tells whether a post that everybody may see leads to a card's page.
func (r Reader) CardInUse(ctx context.Context, id int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM status_card x JOIN status s ON s.id = x.status_id JOIN account a ON a.id = s.account_id
		WHERE x.card_id = ? AND s.everybody AND NOT a.hidden LIMIT 1`, id)
}

// setLink says to which page a status leads, "" for none. What is known of the page stays.
func (tx *Tx) setLink(ctx context.Context, status int64, url string) error {
	if url == "" {
		return nil
	}
	card, err := tx.holdCard(ctx, url)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `
		INSERT INTO status_card (status_id, card_id) VALUES (?, ?)
		ON CONFLICT (status_id) DO UPDATE SET card_id = excluded.card_id`, status, card)
	return err
}

// holdCard returns the id of the card of a page, an empty one if it is new, and holds it: or
// ForgetCards takes it before it is used.
func (tx *Tx) holdCard(ctx context.Context, url string) (card int64, err error) {
	const known = `SELECT id FROM card WHERE url = ? {{for share}}`
	if err = tx.get(ctx, &card, known, url); !fault.Is(err, fault.NotFound) {
		return card, err
	}
	if _, err = tx.exec(ctx, `INSERT INTO card (id, url, created_at) VALUES (?, ?, ?) ON CONFLICT (url) DO NOTHING`,
		tx.store.rowID(), url, Now()); err == nil {
		err = tx.get(ctx, &card, known, url)
	}
	return card, err
}

// PutCard keeps what was read of a page; posts that lead there look different then.
func (tx *Tx) PutCard(ctx context.Context, c Card) error {
	c.ImageKey = ""
	if c.ImageURL != "" {
		m, err := tx.PutRemoteMedia(ctx, c.ImageURL, MediaCard)
		if err != nil {
			return err
		}
		c.ImageKey = m.FileKey
		c.Width, c.Height, c.Blurhash = m.Width, m.Height, m.Blurhash
	}
	if err := tx.mustExec(ctx, `
		UPDATE card SET type = ?, title = ?, description = ?, language = ?, author_name = ?, author_url = ?,
			provider_name = ?, provider_url = ?, image_url = ?, image_key = ?, image_description = ?,
			width = ?, height = ?, blurhash = ?, published_at = ?, author_id = ?, fetched_at = ?, failures = 0, retry_at = 0
		WHERE id = ?`,
		c.Type, c.Title, c.Description, c.Language, c.AuthorName, c.AuthorURL, c.ProviderName, c.ProviderURL,
		c.ImageURL, c.ImageKey, c.ImageDescription, c.Width, c.Height, c.Blurhash, c.PublishedAt, c.AuthorID, Now(), c.ID); err != nil {
		return err
	}
	return tx.cardChanged(ctx, c.ID)
}

// cardChanged counts up the versions of the posts that show a card.
func (tx *Tx) cardChanged(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, `
		UPDATE status SET version = version + 1 WHERE id IN (SELECT status_id FROM status_card WHERE card_id = ?)`, id)
	return err
}

// FailCard notes that a page could not be read, and when it may be tried again.
func (tx *Tx) FailCard(ctx context.Context, id int64, retry time.Time) error {
	_, err := tx.exec(ctx, `UPDATE card SET failures = failures + 1, retry_at = ? WHERE id = ?`, At(retry), id)
	return err
}

// ForgetCards deletes cards to which no post leads any more. It looks at some ids above after and
// returns the last one, 0 when there are no more, so that no transaction reads all cards.
func (tx *Tx) ForgetCards(ctx context.Context, after int64) (last int64, err error) {
	if err := tx.get(ctx, &last, `
		SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM card WHERE id > ? ORDER BY id LIMIT ?) part`, after, ForgetBatch); err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, `
		DELETE FROM card WHERE id > ? AND id <= ? AND NOT EXISTS (SELECT 1 FROM status_card x WHERE x.card_id = card.id)`, after, last)
	return last, err
}

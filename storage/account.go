package storage

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Account is an actor that this node knows: somebody of its own, then Host is "", or of another
// server. Counts are what this node knows of.
type Account struct {
	ID             int64
	URI            string
	Name           string // as its owner writes it
	Host           string
	Type           string // Person, Service, Group, Organization, Application
	DisplayName    string `db:"display_name"`
	Bio            string // safe HTML
	BioSource      string `db:"bio_source"` // as typed, local people only
	Fields         Fields
	URL            string
	Inbox          string
	SharedInbox    string `db:"shared_inbox"`
	Outbox         string
	Followers      string // the collection
	Following      string // the collection
	Featured       string // the collection
	Friends        string // the collection, which only its owner reads; "": the handshake is not known
	Avatar         string // a URL
	Header         string // a URL
	Locked         bool
	Bot            bool
	Discoverable   bool
	Indexable      bool
	MovedTo        string `db:"moved_to"`
	AlsoKnownAs    Texts  `db:"also_known_as"`
	FollowersCount int64  `db:"followers_count"`
	FollowingCount int64  `db:"following_count"`
	StatusesCount  int64  `db:"statuses_count"`
	LastStatusAt   Millis `db:"last_status_at"`
	CreatedAt      Millis `db:"created_at"`
	FetchedAt      Millis `db:"fetched_at"` // when the actor was last read, remote only
	SuspendedAt    Millis `db:"suspended_at"`
	DeletedAt      Millis `db:"deleted_at"`
	Hidden         bool   // suspended, deleted, or of a blocked host: nobody is shown anything of it
	Version        int64  // grows with every change that a client can see

	HideCollections    bool   `db:"hide_collections"`    // who follows whom is shown to nobody else, local people only
	HideMedia          bool   `db:"hide_media"`          // the profile is to be shown without its media,
	HideMediaReplies   bool   `db:"hide_media_replies"`  // without those of answers,
	HideFeatured       bool   `db:"hide_featured"`       // and without what it recommends
	AvatarDescription  string `db:"avatar_description"`  // plain text
	HeaderDescription  string `db:"header_description"`  // plain text
	AttributionDomains Texts  `db:"attribution_domains"` // sites that may name them as author of a page

	SilencedAt     Millis `db:"silenced_at"`
	SensitizedAt   Millis `db:"sensitized_at"` // all its pictures are to be hidden behind a warning
	Limited        bool   // silenced, or of a silenced host: shown to those who follow it or look for it
	SuspendedThere bool   `db:"suspended_there"` // its own server has suspended it, remote only
}

// Local tells whether the account is of this node.
func (a Account) Local() bool { return a.Host == "" }

// Handle returns name and host.
func (a Account) Handle() ids.Handle { return ids.Handle{Name: a.Name, Host: a.Host} }

// DeliveryInbox returns where things for this account go, with the others of its server if they
// share an inbox.
func (a Account) DeliveryInbox() Inbox {
	url := a.SharedInbox
	if url == "" {
		url = a.Inbox
	}
	return Inbox{Host: ids.Host(url), URL: url}
}

// PersonalInbox returns the account's own inbox.
func (a Account) PersonalInbox() Inbox { return Inbox{Host: ids.Host(a.Inbox), URL: a.Inbox} }

const accountColumns = `id, uri, name, host, type, display_name, bio, bio_source, fields, url, inbox, ` +
	`shared_inbox, outbox, followers, following, featured, avatar, header, locked, bot, discoverable, ` +
	`indexable, moved_to, also_known_as, followers_count, following_count, statuses_count, ` +
	`last_status_at, created_at, fetched_at, suspended_at, deleted_at, hidden, version, friends, ` +
	`hide_collections, hide_media, hide_media_replies, hide_featured, avatar_description, header_description, attribution_domains, ` +
	`silenced_at, sensitized_at, limited, suspended_there`

// nameKey is how names are compared: Mastodon's are the same in any case.
func nameKey(name string) string { return strings.ToLower(name) }

// AccountByID returns an account, hidden or not; fault.NotFound if there is none.
func (r Reader) AccountByID(ctx context.Context, id int64) (a Account, err error) {
	err = r.get(ctx, &a, `SELECT `+accountColumns+` FROM account WHERE id = ?`, id)
	return a, err
}

// AccountByURI returns the account of an actor id; fault.NotFound if it is not known.
func (r Reader) AccountByURI(ctx context.Context, uri string) (a Account, err error) {
	err = r.get(ctx, &a, `SELECT `+accountColumns+` FROM account WHERE uri = ?`, uri)
	return a, err
}

// AccountByHandle returns the account of a name in any case; host is "" for this node. Of several
// that a server gave the same name one after another it is the one that lives, then the newest.
// Deleted accounts are found, too, because their names stay taken.
func (r Reader) AccountByHandle(ctx context.Context, name, host string) (a Account, err error) {
	err = r.get(ctx, &a, `
		SELECT `+accountColumns+` FROM account WHERE name_key = ? AND host = ?
		ORDER BY deleted_at, fetched_at DESC, id DESC LIMIT 1`, nameKey(name), host)
	return a, err
}

// AccountsByIDs returns those of the accounts that exist.
func (r Reader) AccountsByIDs(ctx context.Context, accounts []int64) (map[int64]Account, error) {
	rows, err := listIn[Account](ctx, r, `SELECT `+accountColumns+` FROM account WHERE id IN (?)`, accounts)
	found := make(map[int64]Account, len(rows))
	for _, a := range rows {
		found[a.ID] = a
	}
	return found, err
}

// AccountVersions returns the versions of those of the accounts that exist, so that one which was
// rendered before is not read again.
func (r Reader) AccountVersions(ctx context.Context, accounts []int64) (map[int64]int64, error) {
	rows, err := listIn[struct{ ID, Version int64 }](ctx, r, `SELECT id, version FROM account WHERE id IN (?)`, accounts)
	found := make(map[int64]int64, len(rows))
	for _, a := range rows {
		found[a.ID] = a.Version
	}
	return found, err
}

// AccountsByURIs returns those of the accounts that are known, by actor id.
func (r Reader) AccountsByURIs(ctx context.Context, uris []string) (map[string]Account, error) {
	rows, err := listIn[Account](ctx, r, `SELECT `+accountColumns+` FROM account WHERE uri IN (?)`, uris)
	found := make(map[string]Account, len(rows))
	for _, a := range rows {
		found[a.URI] = a
	}
	return found, err
}

// CreateAccount adds an account of this node. ID, CreatedAt and Type are filled in if zero. It is
// fault.Conflict if the name, or the URI, was ever given to somebody.
func (tx *Tx) CreateAccount(ctx context.Context, a Account) (Account, error) {
	if a.ID == 0 {
		id, at := tx.NewID()
		a.ID = id
		if a.CreatedAt == 0 {
			a.CreatedAt = At(at)
		}
	}
	if a.Type == "" {
		a.Type = "Person"
	}
	a.Version = 1
	n, err := tx.insertAccount(ctx, a, `ON CONFLICT DO NOTHING`)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "the name %s is taken", a.Name)
	}
	if err != nil {
		return a, err
	}
	return a, tx.searchedAs(ctx, Account{}, a)
}

// PutRemoteAccount keeps a freshly read actor of another server, by URI: a new account, or new data
// for a known one, whose id, counts and moderation stay. FetchedAt becomes now, and the addresses
// of its pictures become paths of this node (RemoteMedia). It is fault.Gone if the account was
// deleted.
func (tx *Tx) PutRemoteAccount(ctx context.Context, a Account) (Account, error) {
	if a.Host == "" {
		return a, fault.New(fault.Invalid, "an account of another server has no host")
	}
	now := Now()
	a.ID, a.FetchedAt, a.Version = tx.store.rowID(), now, 1
	if a.CreatedAt == 0 {
		a.CreatedAt = now
	}
	blocked, silenced, err := tx.domainVerdict(ctx, a.Host, a.DeliveryInbox().Host)
	if err != nil {
		return a, err
	}
	a.Hidden, a.Limited = blocked || a.SuspendedThere, silenced
	if err := tx.keepPictures(ctx, &a); err != nil {
		return a, err
	}
	before, err := tx.AccountByURI(ctx, a.URI)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return a, err
	}
	n, err := tx.insertAccount(ctx, a, `
		ON CONFLICT (uri) DO UPDATE SET name = excluded.name, name_key = excluded.name_key,
			host = excluded.host, type = excluded.type, display_name = excluded.display_name,
			bio = excluded.bio, fields = excluded.fields, url = excluded.url, inbox = excluded.inbox,
			shared_inbox = excluded.shared_inbox, inbox_host = excluded.inbox_host, outbox = excluded.outbox,
			followers = excluded.followers, following = excluded.following, featured = excluded.featured, friends = excluded.friends,
			avatar = excluded.avatar, header = excluded.header, locked = excluded.locked, bot = excluded.bot,
			discoverable = excluded.discoverable, indexable = excluded.indexable,
			moved_to = excluded.moved_to, also_known_as = excluded.also_known_as,
			hide_media = excluded.hide_media, hide_media_replies = excluded.hide_media_replies, hide_featured = excluded.hide_featured,
			avatar_description = excluded.avatar_description, header_description = excluded.header_description,
			attribution_domains = excluded.attribution_domains,
			created_at = {{least}}(account.created_at, excluded.created_at), fetched_at = excluded.fetched_at,
			hidden = excluded.hidden OR account.suspended_at > 0, limited = excluded.limited OR account.silenced_at > 0,
			suspended_there = excluded.suspended_there, version = account.version + 1
		WHERE account.host <> '' AND account.deleted_at = 0`)
	if err != nil {
		return a, err
	}
	if n == 0 {
		return a, fault.New(fault.Gone, "the account was deleted")
	}
	if a, err = tx.AccountByURI(ctx, a.URI); err != nil {
		return a, err
	}
	return a, tx.searchedAs(ctx, before, a)
}

func (tx *Tx) insertAccount(ctx context.Context, a Account, onConflict string) (int64, error) {
	inboxHost := ""
	if !a.Local() {
		inboxHost = a.DeliveryInbox().Host
	}
	return tx.exec(ctx, `INSERT INTO account (`+accountColumns+`, name_key, inbox_host) VALUES `+tuples(48, 1)+` `+onConflict,
		a.ID, a.URI, a.Name, a.Host, a.Type, a.DisplayName, a.Bio, a.BioSource, a.Fields, a.URL, a.Inbox,
		a.SharedInbox, a.Outbox, a.Followers, a.Following, a.Featured, a.Avatar, a.Header, a.Locked, a.Bot,
		a.Discoverable, a.Indexable, a.MovedTo, a.AlsoKnownAs, a.FollowersCount, a.FollowingCount,
		a.StatusesCount, a.LastStatusAt, a.CreatedAt, a.FetchedAt, a.SuspendedAt, a.DeletedAt, a.Hidden,
		a.Version, a.Friends, a.HideCollections, a.HideMedia, a.HideMediaReplies, a.HideFeatured, a.AvatarDescription,
		a.HeaderDescription, a.AttributionDomains, a.SilencedAt, a.SensitizedAt, a.Limited, a.SuspendedThere,
		nameKey(a.Name), inboxHost)
}

// UpdateProfile replaces what people of this node say about themselves: display name, bio, fields,
// avatar, header, the flags, and where they moved. It returns the account as it is then.
func (tx *Tx) UpdateProfile(ctx context.Context, a Account) (Account, error) {
	before, err := tx.AccountByID(ctx, a.ID)
	if err != nil {
		return a, err
	}
	n, err := tx.exec(ctx, `
		UPDATE account SET display_name = ?, bio = ?, bio_source = ?, fields = ?, avatar = ?, header = ?,
			locked = ?, bot = ?, discoverable = ?, indexable = ?, moved_to = ?, also_known_as = ?, type = ?,
			hide_collections = ?, hide_media = ?, hide_media_replies = ?, hide_featured = ?,
			avatar_description = ?, header_description = ?, attribution_domains = ?,
			version = version + 1
		WHERE id = ? AND host = '' AND deleted_at = 0`,
		a.DisplayName, a.Bio, a.BioSource, a.Fields, a.Avatar, a.Header, a.Locked, a.Bot, a.Discoverable,
		a.Indexable, a.MovedTo, a.AlsoKnownAs, a.Type, a.HideCollections, a.HideMedia, a.HideMediaReplies, a.HideFeatured,
		a.AvatarDescription, a.HeaderDescription, a.AttributionDomains, a.ID)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "no such account on this node")
	}
	if err != nil {
		return a, err
	}
	if a, err = tx.AccountByID(ctx, a.ID); err != nil {
		return a, err
	}
	return a, tx.searchedAs(ctx, before, a)
}

// SetSuspended hides an account from everybody, or shows it again. Somebody of this node is signed
// out everywhere.
func (tx *Tx) SetSuspended(ctx context.Context, account int64, suspended bool) error {
	at := Millis(0)
	if suspended {
		at = Now()
	}
	if err := tx.mustExec(ctx, `UPDATE account SET suspended_at = ?, version = version + 1 WHERE id = ?`, at, account); err != nil {
		return err
	}
	if err := tx.hide(ctx, account); err != nil {
		return err
	}
	if err := tx.TellMomentBook(ctx, MomentBookJob{Account: account}); err != nil {
		return err
	}
	if !suspended {
		return nil
	}
	return tx.SignOut(ctx, account)
}

// hide works out anew whether an account is hidden or limited.
func (tx *Tx) hide(ctx context.Context, account int64) error {
	var a struct {
		Host      string
		InboxHost string `db:"inbox_host"`
		Gone      bool
		Silenced  bool
	}
	err := tx.get(ctx, &a, `
		SELECT host, inbox_host, suspended_at > 0 OR suspended_there OR deleted_at > 0 AS gone, silenced_at > 0 AS silenced FROM account WHERE id = ?`, account)
	if err != nil {
		return err
	}
	blocked, silenced, err := tx.domainVerdict(ctx, a.Host, a.InboxHost)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE account SET hidden = ?, limited = ? WHERE id = ?`, blocked || a.Gone, silenced || a.Silenced, account)
	return err
}

// MarkDeleted takes back everything that is known about a person but the name, which is never given
// again, and the keys, which sign the last deliveries. Posts are hidden at once; the caller deletes
// them one by one (StatusIDsOf).
func (tx *Tx) MarkDeleted(ctx context.Context, account int64) error {
	if err := tx.mustExec(ctx, `
		UPDATE account SET deleted_at = ?, hidden = TRUE, display_name = '', bio = '', bio_source = '',
			fields = '[]', avatar = '', header = '', moved_to = '', also_known_as = '[]',
			avatar_description = '', header_description = '', attribution_domains = '[]',
			followers_count = 0, following_count = 0, discoverable = FALSE, indexable = FALSE,
			version = version + 1
		WHERE id = ? AND deleted_at = 0`, Now(), account); err != nil {
		return err
	}
	for _, forget := range []func(context.Context, int64) error{
		tx.SignOut, tx.forgetPerson, tx.forgetFriends, tx.forgetMoments, tx.forgetModeration, tx.forgetTies,
	} {
		if err := forget(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

// forgetTies removes what is between a person and others and their posts, and what they kept for
// themselves.
func (tx *Tx) forgetTies(ctx context.Context, account int64) error {
	return tx.execAll(ctx, []string{
		`UPDATE account SET followers_count = followers_count - 1, version = version + 1
			WHERE id IN (SELECT target_id FROM follow WHERE account_id = ? AND accepted)`,
		`UPDATE account SET following_count = following_count - 1, version = version + 1
			WHERE id IN (SELECT account_id FROM follow WHERE target_id = ? AND accepted)`,
		`UPDATE status SET likes_count = likes_count - 1, version = version + 1
			WHERE id IN (SELECT status_id FROM likes WHERE account_id = ?)`,
		`DELETE FROM follow WHERE account_id = ?`,
		`DELETE FROM follow WHERE target_id = ?`,
		`DELETE FROM likes WHERE account_id = ?`,
		`DELETE FROM poll_vote WHERE account_id = ?`, // what was counted stays counted
		`DELETE FROM block WHERE account_id = ?`,
		`DELETE FROM block WHERE target_id = ?`,
		`DELETE FROM mute WHERE account_id = ?`,
		`DELETE FROM mute WHERE target_id = ?`,
		`DELETE FROM domain_mute WHERE account_id = ?`,
		`DELETE FROM bookmark WHERE account_id = ?`,
		`DELETE FROM home_entry WHERE account_id = ?`,
		`DELETE FROM conversation WHERE account_id = ?`,
		`DELETE FROM marker WHERE account_id = ?`,
		`DELETE FROM list WHERE account_id = ?`,
		`DELETE FROM list_member WHERE target_id = ?`,
		`DELETE FROM content_filter WHERE account_id = ?`,
		`DELETE FROM pin WHERE account_id = ?`,
		`DELETE FROM tag_follow WHERE account_id = ?`,
		`DELETE FROM featured_tag WHERE account_id = ?`,
		`DELETE FROM thread_mute WHERE account_id = ?`,
		`DELETE FROM account_note WHERE account_id = ?`,
		`DELETE FROM account_note WHERE target_id = ?`,
		`DELETE FROM endorsement WHERE account_id = ?`,
		`DELETE FROM endorsement WHERE target_id = ?`,
		`DELETE FROM second_factor WHERE account_id = ?`,
		`DELETE FROM recovery_code WHERE account_id = ?`,
		`DELETE FROM invite WHERE account_id = ?`,
		`DELETE FROM file WHERE account_id = ?`,
		`DELETE FROM attachment WHERE account_id = ? AND status_id IS NULL`,
		`DELETE FROM film_turn WHERE account_id = ?`,
		`DELETE FROM upload WHERE account_id = ?`,
		`DELETE FROM account_word WHERE account_id = ?`,
		`DELETE FROM reading WHERE account_id = ?`,
		`DELETE FROM login WHERE account_id = ?`,
	}, account)
}

// HoldPeople lets nobody else change what is between people until the transaction ends: who blocks,
// follows or befriends whom. Whoever writes something that rests on it holds them first and asks
// then. A deletion waits, too; fault.NotFound is for accounts that were deleted, about which
// nothing is to be written that nothing would delete any more. Rows are locked in one order, by the
// lock that counting takes.
func (tx *Tx) HoldPeople(ctx context.Context, accounts ...int64) error {
	query, args := in(`SELECT id FROM account WHERE id IN (?) AND deleted_at = 0 ORDER BY id {{for no key update}}`, accounts)
	var there []int64
	if err := tx.list(ctx, &there, query, args...); err != nil {
		return err
	}
	for _, account := range accounts {
		if !slices.Contains(there, account) {
			return fault.New(fault.NotFound, "this account was deleted")
		}
	}
	return nil
}

// strangerSearchMin is how many characters strangers have to know of a name: by single ones they
// could list everybody.
const strangerSearchMin = 2

// beyond ends a range of all texts with a common beginning: prefix <= text < prefix+beyond.
const beyond = "\U0010FFFF"

// tooShort tells whether a stranger may not search by so little.
func tooShort(viewer int64, text string) bool {
	return viewer == 0 && utf8.RuneCountInString(text) < strangerSearchMin
}

// likeEscape makes text literal in LIKE … ESCAPE '\'.
func likeEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// Stats is what NodeInfo says about a node.
type Stats struct {
	Users          int64
	ActiveMonth    int64 `db:"active_month"`
	ActiveHalfYear int64 `db:"active_half_year"`
	LocalPosts     int64 `db:"local_posts"`
	KnownHosts     int64 `db:"known_hosts"`
}

// Stats counts the people of this node who can sign in, their posts, and the servers it knows.
func (r Reader) Stats(ctx context.Context, now time.Time) (s Stats, err error) {
	const day = 24 * time.Hour
	err = r.get(ctx, &s, `
		SELECT COUNT(*) AS users,
			COUNT(CASE WHEN l.active_at >= ?1 THEN 1 END) AS active_month,
			COUNT(CASE WHEN l.active_at >= ?2 THEN 1 END) AS active_half_year,
			CAST(COALESCE(SUM(a.statuses_count), 0) AS BIGINT) AS local_posts,
			(SELECT COUNT(DISTINCT host) FROM account WHERE host <> '') AS known_hosts
		FROM login l JOIN account a ON a.id = l.account_id WHERE NOT a.hidden`,
		At(now.Add(-30*day)), At(now.Add(-180*day)))
	return s, err
}

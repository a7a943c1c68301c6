package storage

import (
	"context"
	"strconv"
)

// OperatorClientID is the client under whose name the operator gives out tokens by hand. It is
// never forgotten.
const OperatorClientID = "operator"

// App is a client program that was registered.
type App struct {
	ID           int64
	ClientID     string `db:"client_id"`
	SecretHash   string `db:"secret_hash"`
	Name         string
	Website      string
	RedirectURIs string `db:"redirect_uris"` // one a line
	Scopes       string // separated by spaces
	CreatedAt    Millis `db:"created_at"`
}

const appColumns = `id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at`

// CreateApp registers a client. Zero ID and CreatedAt are filled in.
func (tx *Tx) CreateApp(ctx context.Context, a App) (App, error) {
	if a.ID == 0 {
		a.ID = tx.store.rowID()
	}
	a.CreatedAt = Now()
	_, err := tx.exec(ctx, `INSERT INTO oauth_app (`+appColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.ClientID, a.SecretHash, a.Name, a.Website, a.RedirectURIs, a.Scopes, a.CreatedAt)
	return a, err
}

// AppByClientID returns a registered client.
func (r Reader) AppByClientID(ctx context.Context, clientID string) (a App, err error) {
	err = r.get(ctx, &a, `SELECT `+appColumns+` FROM oauth_app WHERE client_id = ?`, clientID)
	return a, err
}

// AppByID returns a registered client.
func (r Reader) AppByID(ctx context.Context, id int64) (a App, err error) {
	err = r.get(ctx, &a, `SELECT `+appColumns+` FROM oauth_app WHERE id = ?`, id)
	return a, err
}

// Code is an authorization code. Only its hash is kept.
type Code struct {
	Hash        string `db:"code_hash"`
	AppID       int64  `db:"app_id"`
	AccountID   int64  `db:"account_id"`
	RedirectURI string `db:"redirect_uri"`
	Scopes      string
	Challenge   string // PKCE S256, "" if the client gave none
	ExpiresAt   Millis `db:"expires_at"`
}

const codeColumns = `code_hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at`

// CreateCode keeps a code that was just given out.
func (tx *Tx) CreateCode(ctx context.Context, c Code) error {
	_, err := tx.exec(ctx, `INSERT INTO oauth_code (`+codeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		c.Hash, c.AppID, c.AccountID, c.RedirectURI, c.Scopes, c.Challenge, c.ExpiresAt)
	return err
}

// TakeCode uses a code up and returns it; fault.NotFound if it was used already, is over, or never
// was. Tokens that a reused code made are to be revoked then (RFC 6749 §4.1.2): RevokeTokensOfCode.
// The login of the account is held, so that a token is made of the code before a sign-out or not at
// all; for somebody who is suspended there is no code.
func (tx *Tx) TakeCode(ctx context.Context, hash string) (c Code, err error) {
	var account int64
	if err := tx.get(ctx, &account, `SELECT account_id FROM oauth_code WHERE code_hash = ?`, hash); err != nil {
		return c, err
	}
	if _, err := tx.HoldLogin(ctx, account); err != nil {
		return c, err
	}
	err = tx.get(ctx, &c, `DELETE FROM oauth_code WHERE code_hash = ? AND expires_at > ? RETURNING `+codeColumns, hash, Now())
	return c, err
}

// Token is an access token. Only its hash is kept. AccountID 0 is the app itself.
type Token struct {
	ID        int64
	Hash      string `db:"token_hash"`
	AppID     int64  `db:"app_id"`
	AccountID int64  `db:"account_id"`
	Scopes    string
	CodeHash  string `db:"code_hash"` // the code it was made from
	CreatedAt Millis `db:"created_at"`
	UsedAt    Millis `db:"used_at"` // the day of the last use
}

const tokenColumns = `id, token_hash, app_id, account_id, scopes, code_hash, created_at, used_at`

// EventTokenRevoked is the kind of the event that says that a token or the session of a browser is
// void; its payload is the id. Caches drop it and streams that use it close.
const EventTokenRevoked = "token.revoked"

// CreateToken keeps a token that is being given out.
func (tx *Tx) CreateToken(ctx context.Context, t Token) (Token, error) {
	t.ID, t.CreatedAt = tx.store.rowID(), Now()
	_, err := tx.exec(ctx, `INSERT INTO oauth_token (`+tokenColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, t.Hash, t.AppID, t.AccountID, t.Scopes, t.CodeHash, t.CreatedAt, t.UsedAt)
	return t, err
}

// TokenByHash returns a token; fault.NotFound if it is unknown or was revoked.
func (r Reader) TokenByHash(ctx context.Context, hash string) (t Token, err error) {
	err = r.get(ctx, &t, `SELECT `+tokenColumns+` FROM oauth_token WHERE token_hash = ?`, hash)
	return t, err
}

// RevokeToken makes a token of an app void; unknown is no error (RFC 7009 §2.2).
func (tx *Tx) RevokeToken(ctx context.Context, hash string, app int64) error {
	return tx.revoke(ctx, `DELETE FROM oauth_token WHERE token_hash = ? AND app_id = ? RETURNING id`, hash, app)
}

// RevokeTokensOfCode makes the tokens of a code void, when somebody presents it a second time.
func (tx *Tx) RevokeTokensOfCode(ctx context.Context, codeHash string) error {
	return tx.revoke(ctx, `DELETE FROM oauth_token WHERE code_hash = ? AND code_hash <> '' RETURNING id`, codeHash)
}

// RevokeTokensOf makes all tokens of an account void.
func (tx *Tx) RevokeTokensOf(ctx context.Context, account int64) error {
	return tx.revoke(ctx, `DELETE FROM oauth_token WHERE account_id = ? AND account_id <> 0 RETURNING id`, account)
}

func (tx *Tx) revoke(ctx context.Context, query string, args ...any) error {
	var revoked []int64
	if err := tx.list(ctx, &revoked, query, args...); err != nil {
		return err
	}
	for _, id := range revoked {
		if err := tx.DeletePushSubscription(ctx, id); err != nil {
			return err
		}
		if err := tx.Publish(ctx, EventTokenRevoked, strconv.FormatInt(id, 10)); err != nil {
			return err
		}
	}
	return nil
}

// SignOut ends all sessions, codes, mailed links and tokens of an account, and what was on its way
// to become one; no browser is known any more.
func (tx *Tx) SignOut(ctx context.Context, account int64) error {
	if err := tx.renewCredentials(ctx, account); err != nil { // first: who holds the login is waited for
		return err
	}
	if err := tx.revoke(ctx, `DELETE FROM session WHERE account_id = ? RETURNING id`, account); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM device WHERE account_id = ?`, account); err != nil {
		return err
	}
	if err := tx.voidSecrets(ctx, account); err != nil {
		return err
	}
	return tx.RevokeTokensOf(ctx, account)
}

// voidSecrets ends what is on its way to become a session, a token or another address of an
// account: codes, mailed links, and links that are still to be mailed.
func (tx *Tx) voidSecrets(ctx context.Context, account int64) error {
	if err := tx.renewCredentials(ctx, account); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM one_time WHERE account_id = ? AND account_id <> 0`, account); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM oauth_code WHERE account_id = ?`, account)
	return err
}

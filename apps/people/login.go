package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// errWrong is the one answer to every sign-in that does not succeed, so that it tells nobody who
// has an account, whose is suspended, or which half was wrong (A133).
func errWrong() error { return fault.New(fault.Unauthenticated, "the name or the password is wrong") }

// loginOf finds a login by e-mail address or handle; fault.NotFound if there is none.
func (s *Service) loginOf(ctx context.Context, name string) (account storage.Account, login storage.Login, err error) {
	if email, err := NormalizeEmail(strings.TrimSpace(name)); err == nil {
		login, err = s.Store.LoginByEmail(ctx, email)
		if err == nil {
			account, err = s.Store.AccountByID(ctx, login.AccountID)
		}
		if !fault.Is(err, fault.NotFound) {
			return account, login, err
		}
	}
	handle, err := ids.ParseHandle(name)
	if err != nil || !s.isHere(handle) {
		return account, login, fault.New(fault.NotFound, "there is no such login")
	}
	if account, err = s.Store.AccountByHandle(ctx, handle.Name, ""); err != nil {
		return account, login, err
	}
	login, err = s.Store.LoginByAccount(ctx, account.ID)
	return account, login, err
}

// isHere tells whether a handle is of this node.
func (s *Service) isHere(h ids.Handle) bool {
	return h.Host == "" || h.Host == s.AccountHost || h.Host == s.Paths.Host()
}

// SetPassword replaces somebody's password and ends every session and token of theirs, on all
// processes (A124). Faults: Unprocessable for a password that cannot be used, NotFound.
func (s *Service) SetPassword(ctx context.Context, account int64, password string) error {
	nothing := func(*storage.Tx) error { return nil }
	return s.setPassword(ctx, account, password, nothing, nothing)
}

// setPassword is SetPassword with what it depends on and what follows from it in the same
// transaction.
func (s *Service) setPassword(ctx context.Context, account int64, password string, before, follows func(*storage.Tx) error) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := before(tx); err != nil {
			return err
		}
		if err := tx.SetPasswordHash(ctx, account, hash); err != nil {
			return err
		}
		return follows(tx)
	})
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// NewSecret returns 256 random bits as text for a token, a session or a link, and the hash of it
// that is stored. The secret is shown once and kept nowhere.
func NewSecret() (secret, hash string) {
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, SecretHash(secret)
}

// SecretHash returns what is stored of a secret. It needs no salt and no work factor: 256 random
// bits cannot be guessed.
func SecretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// operatorAppName is what storage.OperatorClientID is called.
const operatorAppName = "Command line"

// IssueToken returns a new access token of somebody for the scopes, separated by spaces, which the
// caller has checked. It is for the operator; programs get theirs by OAuth. Nothing of it but its
// hash is kept.
func (s *Service) IssueToken(ctx context.Context, account storage.Account, scopes string) (secret string, err error) {
	secret, hash := NewSecret()
	issue := func(tx *storage.Tx) error {
		app, err := tx.AppByClientID(ctx, storage.OperatorClientID)
		if fault.Is(err, fault.NotFound) {
			_, appSecret := NewSecret() // nobody knows it, so nobody signs in as this program
			app, err = tx.CreateApp(ctx, storage.App{
				ClientID: storage.OperatorClientID, SecretHash: appSecret, Name: operatorAppName,
				RedirectURIs: "urn:ietf:wg:oauth:2.0:oob", Scopes: strings.Join(strings.Fields(scopes), " "),
			})
		}
		if err != nil {
			return err
		}
		if _, err := tx.HoldLogin(ctx, account.ID); err != nil { // nobody who is suspended
			return err
		}
		_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, AccountID: account.ID, Scopes: scopes})
		return err
	}
	err = s.Store.Tx(ctx, issue)
	if fault.Is(err, fault.Conflict) { // another process made the app at the same time
		err = s.Store.Tx(ctx, issue)
	}
	if err != nil {
		return "", fmt.Errorf("issue token: %w", err)
	}
	return secret, nil
}

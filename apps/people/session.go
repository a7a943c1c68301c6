package people

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// SessionFor is how long a browser stays signed in, however much it is used.
const SessionFor = 14 * 24 * time.Hour

// SignedIn is what came of a name and a password.
type SignedIn struct {
	Account storage.Account
	// Step is set if a code is asked for before the person is let in: the secret that stands for
	// the password until then.
	Step string
}

// SignIn checks a name, which may be an e-mail address, and a password, as often as the budgets
// permit. Faults: Unauthenticated for whatever is wrong, all alike; RateLimited; and for who made a
// wish for an account and knows its password, ErrUnconfirmed or ErrUnapproved.
func (s *Service) SignIn(ctx context.Context, from From, name, password string) (in SignedIn, err error) {
	account, login, err := s.loginOf(ctx, name)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return in, fmt.Errorf("sign in: %w", err)
	}
	tries, err := s.passwordTries(ctx, from, name, login.AccountID)
	if err == nil {
		err = s.attempt(ctx, tries...)
	}
	if err != nil {
		return in, err
	}
	if err := s.rightPassword(ctx, account, login, name, password); err != nil {
		return in, err
	}
	coded, err := s.AsksCodes(ctx, account)
	if err != nil {
		return in, fmt.Errorf("sign in: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		// Passwords take long to check where many are, and this one may have been replaced since.
		now, err := tx.LoginByAccount(ctx, account.ID)
		if err != nil || now.PasswordHash != login.PasswordHash {
			return errWrong()
		}
		if err := tx.Succeed(ctx, tries); err != nil {
			return err
		}
		in, err = admit(ctx, tx, account, coded)
		return err
	})
	return in, err
}

// admit lets somebody in who is right so far, or on to their code.
func admit(ctx context.Context, tx *storage.Tx, account storage.Account, coded bool) (in SignedIn, err error) {
	if !coded {
		return SignedIn{Account: account}, nil
	}
	in.Step, err = mint(ctx, tx, storage.OneTime{Purpose: purposeStep, AccountID: account.ID}, stepFor)
	return in, err
}

// rightPassword tells what is wrong with a password. The work is the same whether there is an
// account, a wish for one, or neither.
func (s *Service) rightPassword(ctx context.Context, account storage.Account, login storage.Login, name, password string) error {
	if len(password) > PasswordBytesMax {
		return errWrong()
	}
	hash, wish := login.PasswordHash, storage.Signup{}
	if login.AccountID == 0 {
		var err error
		if wish, err = s.wishOf(ctx, name); err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("sign in: %w", err)
		}
		hash = wish.PasswordHash
	}
	ok, err := s.hasher.matches(ctx, hash, password) // an empty hash matches nothing and takes as long
	switch {
	case err != nil:
		return fmt.Errorf("sign in: %w", err)
	case ok && wish.ID != 0:
		return Waiting(wish)
	case !ok || account.Hidden || login.ConfirmedAt == 0:
		return errWrong()
	}
	return nil
}

// wishOf finds a wish for an account by name or address.
func (s *Service) wishOf(ctx context.Context, name string) (storage.Signup, error) {
	if email, err := NormalizeEmail(strings.TrimSpace(name)); err == nil {
		return s.Store.SignupByEmail(ctx, email)
	}
	return s.Store.SignupByName(ctx, s.typed(name))
}

// SecondStep lets somebody in who gave the password before, with a code of their authenticator or a
// recovery code. The step can be tried again after a wrong code, for ten minutes. Faults:
// Unauthenticated for a wrong code, NotFound for a step that is over, RateLimited.
func (s *Service) SecondStep(ctx context.Context, from From, step, code string) (account storage.Account, err error) {
	o, err := s.Store.OneTime(ctx, SecretHash(step), purposeStep)
	if err != nil {
		return account, err
	}
	if account, err = s.Store.AccountByID(ctx, o.AccountID); err != nil {
		return account, err
	}
	if account.Hidden {
		return storage.Account{}, errWrong()
	}
	if err := s.checkCode(ctx, from, account, code); err != nil {
		return storage.Account{}, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		_, err := tx.TakeOneTime(ctx, SecretHash(step), purposeStep)
		return err
	})
	if err != nil {
		return storage.Account{}, err
	}
	return account, nil
}

// Prove checks the password of somebody who is signed in, and a code where they use them, before
// something that cannot be undone. Faults: Unauthenticated, RateLimited.
func (s *Service) Prove(ctx context.Context, from From, account storage.Account, password, code string) error {
	tries, err := s.passwordTries(ctx, from, account.Name, account.ID)
	if err == nil {
		err = s.attempt(ctx, tries...)
	}
	if err != nil {
		return err
	}
	login, err := s.Store.LoginByAccount(ctx, account.ID)
	if err != nil {
		return fmt.Errorf("check password: %w", err)
	}
	if err := s.rightPassword(ctx, account, login, account.Name, password); err != nil {
		return err
	}
	coded, err := s.AsksCodes(ctx, account)
	if err == nil && coded {
		err = s.checkCode(ctx, from, account, code)
	}
	if err != nil {
		return err
	}
	return s.succeed(ctx, tries)
}

// OpenSession signs a browser in and returns the secrets of its two cookies: of the session, and of
// the browser itself, which is known from then on. device is the one that it has, "" for none.
func (s *Service) OpenSession(ctx context.Context, account storage.Account, agent, network, device string) (secret, known string, err error) {
	secret, hash := NewSecret()
	if known = device; known == "" {
		known, _ = NewSecret()
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		now, err := tx.AccountByID(ctx, account.ID)
		if err != nil {
			return err
		}
		if now.Hidden { // suspended since the password was checked
			return errWrong()
		}
		if _, err := tx.CreateSession(ctx, storage.Session{Hash: hash, AccountID: account.ID, Agent: agent, Address: network,
			ExpiresAt: storage.At(time.Now().Add(SessionFor))}); err != nil {
			return err
		}
		return tx.PutDevice(ctx, account.ID, SecretHash(known))
	})
	if err != nil {
		return "", "", fmt.Errorf("sign in: %w", err)
	}
	return secret, known, nil
}

// Proved notes that the password was given in a session just now.
func (s *Service) Proved(ctx context.Context, session storage.Session) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.ProveSession(ctx, session.Hash) })
}

// EndSession ends one of somebody's sessions; NotFound.
func (s *Service) EndSession(ctx context.Context, account storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.EndSession(ctx, account.ID, id) })
}

// EndApp makes one token of somebody's void, on all processes; none is no error.
func (s *Service) EndApp(ctx context.Context, account storage.Account, token int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.RevokeTokenOf(ctx, account.ID, token) })
}

// EndOthers ends every session of somebody's but one, and every token of a program. No other
// browser is known any more.
func (s *Service) EndOthers(ctx context.Context, from From, keep storage.Session) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.EndOtherSessions(ctx, keep.AccountID, keep.Hash, SecretHash(from.Device)); err != nil {
			return err
		}
		return tx.RevokeTokensOf(ctx, keep.AccountID)
	})
}

package people

import (
	"context"
	"fmt"
	"strings"

	"tulou/protocol/fault"
	"tulou/storage"
)

// SignedIn is somebody who has proved who they are. It opens a session as long as nothing happens
// that makes what they gave void: another password, other codes, a suspension.
type SignedIn struct {
	Account storage.Account
	// Step is set if a code is asked for before the person is let in: the secret that stands for
	// the password until then. Account is zero then.
	Step string
	// credentials is storage.Login's number at the time of the proof.
	credentials int64
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
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		// Passwords take long to check where many are, and this one may be void since.
		now, err := hold(ctx, tx, login.AccountID, login.Credentials)
		if err != nil {
			return err
		}
		if err := tx.Succeed(ctx, tries); err != nil {
			return err
		}
		in, err = admit(ctx, tx, account, now)
		return err
	})
	return in, err
}

// hold holds a login until the transaction ends, if what was checked of it before still counts; the
// fault is Unauthenticated if it does not, or if its owner may not use the node any more.
func hold(ctx context.Context, tx *storage.Tx, account, credentials int64) (storage.Login, error) {
	now, err := tx.HoldLogin(ctx, account)
	if fault.Is(err, fault.NotFound) || err == nil && now.Credentials != credentials {
		err = errWrong()
	}
	return now, err
}

// admit lets somebody in who is right so far, or on to their code. The login is held.
func admit(ctx context.Context, tx *storage.Tx, account storage.Account, login storage.Login) (in SignedIn, err error) {
	coded, err := asksCodes(ctx, tx.Reader, account)
	if err != nil {
		return in, err
	}
	if !coded {
		return SignedIn{Account: account, credentials: login.Credentials}, nil
	}
	in.Step, err = mint(ctx, tx, storage.OneTime{Purpose: purposeStep, AccountID: account.ID}, stepFor)
	return in, err
}

// Newcomer is somebody whose account was made just now and who is let in by what made it.
func Newcomer(account storage.Account) SignedIn { return SignedIn{Account: account} }

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

// wishOf finds a wish for an account by name or address. On a private node it does by address
// alone: of a name that is taken there is no wish, which would tell that it is.
func (s *Service) wishOf(ctx context.Context, name string) (storage.Signup, error) {
	if email, err := NormalizeEmail(strings.TrimSpace(name)); err == nil {
		return s.Store.SignupByEmail(ctx, email)
	}
	if s.Private {
		return storage.Signup{}, fault.New(fault.NotFound, "there is no such wish")
	}
	return s.Store.SignupByName(ctx, s.typed(name))
}

// SecondStep lets somebody in who gave the password before, with a code of their authenticator or a
// recovery code. The step can be tried again after a wrong code, for ten minutes. Faults:
// Unauthenticated for a wrong code, NotFound for a step that is over, RateLimited.
func (s *Service) SecondStep(ctx context.Context, from From, step, code string) (in SignedIn, err error) {
	o, err := s.Store.OneTime(ctx, SecretHash(step), purposeStep)
	if err != nil {
		return in, err
	}
	account, err := s.Store.AccountByID(ctx, o.AccountID)
	if err != nil {
		return in, err
	}
	err = s.checkCode(ctx, from, account, code, func(tx *storage.Tx, login storage.Login) error {
		in = SignedIn{Account: account, credentials: login.Credentials}
		// It is gone if the password that it stands for is not the password any more.
		_, err := tx.TakeOneTime(ctx, SecretHash(step), purposeStep)
		return err
	})
	if err != nil {
		return SignedIn{}, err
	}
	return in, nil
}

// Prove notes that somebody proved in a session again who they are, with their password, and a code
// where they use them. Faults: Unauthenticated, RateLimited.
func (s *Service) Prove(ctx context.Context, from From, session storage.Session, password, code string) error {
	account, err := s.Store.AccountByID(ctx, session.AccountID)
	if err != nil {
		return fmt.Errorf("check password: %w", err)
	}
	credentials, err := s.prove(ctx, from, account, password, code)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := hold(ctx, tx, account.ID, credentials); err != nil {
			return err
		}
		return tx.ProveSession(ctx, session.Hash)
	})
}

// prove checks a password, and a code where they are used, and returns the number of the
// credentials that it was right for: hold tells whether it still is when something comes of it.
func (s *Service) prove(ctx context.Context, from From, account storage.Account, password, code string) (credentials int64, err error) {
	tries, err := s.passwordTries(ctx, from, account.Name, account.ID)
	if err == nil {
		err = s.attempt(ctx, tries...)
	}
	if err != nil {
		return 0, err
	}
	login, err := s.Store.LoginByAccount(ctx, account.ID)
	if err != nil {
		return 0, fmt.Errorf("check password: %w", err)
	}
	if err := s.rightPassword(ctx, account, login, account.Name, password); err != nil {
		return 0, err
	}
	coded, err := s.AsksCodes(ctx, account)
	if err == nil && coded {
		err = s.checkCode(ctx, from, account, code, func(*storage.Tx, storage.Login) error { return nil })
	}
	if err != nil {
		return 0, err
	}
	return login.Credentials, s.succeed(ctx, tries)
}

// within does something that somebody asks for in a session, if the session is not over when it is
// written: whoever is shown out while they ask leaves nothing behind. The login is held. The fault
// is Unauthenticated.
func (s *Service) within(ctx context.Context, session storage.Session, do func(*storage.Tx) error) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := Within(ctx, tx, session); err != nil {
			return err
		}
		return do(tx)
	})
}

// Within holds the login of a session that is not over until the transaction ends. The fault is
// Unauthenticated if it is over, or its owner may not use the node any more.
func Within(ctx context.Context, tx *storage.Tx, session storage.Session) error {
	_, err := tx.HoldLogin(ctx, session.AccountID)
	if err == nil {
		_, err = tx.SessionByHash(ctx, session.Hash)
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Unauthenticated, "your session is over; sign in again")
	}
	return err
}

// OpenSession signs a browser in and returns the secrets of its two cookies: of the session, and of
// the browser itself, which is known from then on. device is the one that it has, "" for none. The
// fault is Unauthenticated if what was proved is void since.
func (s *Service) OpenSession(ctx context.Context, in SignedIn, agent, network, device string) (secret, known string, err error) {
	account := in.Account
	secret, hash := NewSecret()
	if known = device; known == "" {
		known, _ = NewSecret()
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := hold(ctx, tx, account.ID, in.credentials); err != nil {
			return err
		}
		if _, err := tx.CreateSession(ctx, storage.Session{Hash: hash, AccountID: account.ID, Agent: agent, Address: network}); err != nil {
			return err
		}
		return tx.PutDevice(ctx, account.ID, SecretHash(known))
	})
	if err != nil {
		return "", "", fmt.Errorf("sign in: %w", err)
	}
	return secret, known, nil
}

// EndSession ends one of the sessions of who asks in a session. Faults: NotFound; Unauthenticated
// if the session that asks is over: whoever was shown out does not show others out.
func (s *Service) EndSession(ctx context.Context, asks storage.Session, id int64) error {
	return s.within(ctx, asks, func(tx *storage.Tx) error { return tx.EndSession(ctx, asks.AccountID, id) })
}

// EndApp makes one token of who asks in a session void, on all processes; none is no error. The
// fault is Unauthenticated if the session is over.
func (s *Service) EndApp(ctx context.Context, asks storage.Session, token int64) error {
	return s.within(ctx, asks, func(tx *storage.Tx) error { return tx.RevokeTokenOf(ctx, asks.AccountID, token) })
}

// EndOthers ends every session of somebody's but one, and every token of a program. No other
// browser is known any more. The fault is Unauthenticated if that one is over.
func (s *Service) EndOthers(ctx context.Context, from From, keep storage.Session) error {
	return s.within(ctx, keep, func(tx *storage.Tx) error {
		if err := tx.EndOtherSessions(ctx, keep.AccountID, keep.Hash, SecretHash(from.Device)); err != nil {
			return err
		}
		return tx.RevokeTokensOf(ctx, keep.AccountID)
	})
}

package people

import (
	"context"
	"fmt"
	"strconv"

	"tulou/protocol/fault"
	"tulou/storage"
)

// AskReset has a link mailed to an address with which its owner chooses a new password. The answer
// and the work are the same whether it has an account, and however often it was asked for (A133).
// The fault is RateLimited, by network.
func (s *Service) AskReset(ctx context.Context, from From, address string) error {
	email, err := NormalizeEmail(address)
	if err != nil {
		return err
	}
	if err := s.attempt(ctx, try(budgetAsk, "mail from", from.Network)); err != nil {
		return err
	}
	tries, err := s.mailTries(ctx, from, mailReset, email)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		return s.mailSparingly(ctx, tx, mailing{Kind: MailReset, To: email}, tries)
	})
}

// Resetting returns whose password a mailed secret resets, without using it; NotFound.
func (s *Service) Resetting(ctx context.Context, secret string) (storage.Account, error) {
	o, err := s.Store.OneTime(ctx, SecretHash(secret), purposeReset)
	if err == nil {
		err = stillTheirs(ctx, s.Store.Reader, o)
	}
	if err != nil {
		return storage.Account{}, err
	}
	return s.Store.AccountByID(ctx, o.AccountID)
}

// stillTheirs refuses a link that was mailed to an address which was given up since, maybe because
// others read it.
func stillTheirs(ctx context.Context, r storage.Reader, o storage.OneTime) error {
	login, err := r.LoginByAccount(ctx, o.AccountID)
	if err == nil && login.Email != o.Email {
		err = fault.New(fault.NotFound, "the address was changed since")
	}
	return err
}

// Reset replaces the password of whoever was mailed a secret, and ends every session and token of
// theirs (A124). Who uses codes is still asked for one; it is the next step, and not another try at
// the password, for which strangers may have spent the budget. Faults: NotFound for a secret that
// was used or is over, Unprocessable for a password that cannot be used.
func (s *Service) Reset(ctx context.Context, secret, password string) (in SignedIn, err error) {
	if err := checkPassword(password); err != nil {
		return in, err
	}
	account, err := s.Resetting(ctx, secret)
	if err != nil {
		return in, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return in, fmt.Errorf("reset password: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		o, err := tx.TakeOneTime(ctx, SecretHash(secret), purposeReset)
		if err == nil {
			err = stillTheirs(ctx, tx.Reader, o)
		}
		if err != nil {
			return err
		}
		if err := tx.SetPasswordHash(ctx, account.ID, hash); err != nil {
			return err
		}
		login, err := tx.HoldLogin(ctx, account.ID)
		if err != nil { // suspended since the page was shown
			return err
		}
		if in, err = admit(ctx, tx, account, login); err != nil {
			return err
		}
		return mail(ctx, tx, mailing{Kind: MailPasswordChanged, Account: account.ID})
	})
	if err != nil {
		return SignedIn{}, fmt.Errorf("reset password: %w", err)
	}
	s.Log.InfoContext(ctx, "password reset", "actor", account.Name)
	return in, nil
}

// ChangePassword is SetPassword by its owner, in a session in which they have proved to be it, and
// lets them in again. They are told by mail. Faults: those of SetPassword, and Unauthenticated if
// the session ended meanwhile.
func (s *Service) ChangePassword(ctx context.Context, session storage.Session, account storage.Account, password string) (in SignedIn, err error) {
	before := func(tx *storage.Tx) error { return Within(ctx, tx, session) }
	err = s.setPassword(ctx, account.ID, password, before, func(tx *storage.Tx) error {
		login, err := tx.HoldLogin(ctx, account.ID)
		in = SignedIn{Account: account, credentials: login.Credentials}
		if err != nil {
			return err
		}
		return mail(ctx, tx, mailing{Kind: MailPasswordChanged, Account: account.ID})
	})
	return in, err
}

// AskAddress has a link mailed to a new address, which becomes that of the account when it is
// followed, and is void when the session that asks is ended before. Whether it has an account is
// not said. Faults: Unprocessable, RateLimited, Unauthenticated if the session is over.
func (s *Service) AskAddress(ctx context.Context, from From, session storage.Session, address string) error {
	email, err := NormalizeEmail(address)
	if err == nil {
		err = s.checkMailDomain(ctx, email)
	}
	if err != nil {
		return err
	}
	account := strconv.FormatInt(session.AccountID, 10)
	if err := s.attempt(ctx, try(budgetAsk, "mail from", from.Network), try(budgetSource, "mail to", mailAddress, email, account),
		try(budgetMail, "mail to", mailAddress, email)); err != nil {
		return err
	}
	return s.within(ctx, session, func(tx *storage.Tx) error {
		login, err := tx.LoginByAccount(ctx, session.AccountID)
		if err != nil {
			return err
		}
		return mail(ctx, tx, mailing{Kind: MailNewAddress, To: email, Account: session.AccountID, Credentials: login.Credentials})
	})
}

// NewAddress returns the address that a mailed secret confirms, without using it; NotFound.
func (s *Service) NewAddress(ctx context.Context, secret string) (string, error) {
	o, err := s.Store.OneTime(ctx, SecretHash(secret), purposeAddress)
	return o.Email, err
}

// ChangeAddress takes a mailed secret as proof that somebody reads their new address, and tells the
// old one. Faults: NotFound for a secret that was used or is over, Conflict if the address has an
// account by now.
func (s *Service) ChangeAddress(ctx context.Context, secret string) (storage.Account, error) {
	var changed int64
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		o, err := tx.TakeOneTime(ctx, SecretHash(secret), purposeAddress)
		if err != nil {
			return err
		}
		login, err := tx.HoldLogin(ctx, o.AccountID)
		if err != nil {
			return err
		}
		changed = o.AccountID
		if err := tx.SetEmail(ctx, o.AccountID, o.Email); err != nil {
			return err
		}
		return mail(ctx, tx, mailing{Kind: MailAddressChanged, To: login.Email, Account: o.AccountID, Text: o.Email})
	})
	if fault.Is(err, fault.Conflict) {
		return storage.Account{}, fault.Wrap(err, fault.Conflict, "this e-mail address is in use")
	}
	if err != nil {
		return storage.Account{}, fmt.Errorf("change address: %w", err)
	}
	return s.Store.AccountByID(ctx, changed)
}

// Leave deletes the account of somebody who proves to be its owner. Faults: those of Prove, and
// Forbidden for the last one who may run the node.
func (s *Service) Leave(ctx context.Context, from From, account storage.Account, password, code string) error {
	credentials, err := s.prove(ctx, from, account, password, code)
	if err != nil {
		return err
	}
	return s.delete(ctx, account.ID, func(tx *storage.Tx) error {
		staff, err := tx.HoldStaff(ctx)
		if err == nil {
			_, err = hold(ctx, tx, account.ID, credentials)
		}
		if err == nil && len(staff) == 1 && staff[0].AccountID == account.ID {
			err = fault.New(fault.Forbidden, "nobody else runs this node; let somebody run it first")
		}
		return err
	})
}

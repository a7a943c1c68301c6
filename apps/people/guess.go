package people

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// How often somebody may be wrong before they have to wait. What counts is who tries, not only whom
// they try, so that nobody can keep the owner of an account out by guessing at it:
//
//   - a browser in which the owner signed in before has a budget of its own, which no one else
//     can spend;
//   - any other has one for each name and network, and shares one for all names of its network;
//   - all strangers together share one for each name, wide enough for a household and narrow enough
//     for a thousand machines. Who is right in that crowd, in a browser that is not known, gets in
//     by the link of a reset, which needs their mailbox and no budget.
//
// Everything is counted by what was typed, whether there is such a name or not (A133).
var (
	budgetDevice   = storage.Budget{Free: 10, First: time.Second, Most: 5 * time.Minute, Forget: time.Hour}
	budgetStranger = storage.Budget{Free: 5, First: 2 * time.Second, Most: 15 * time.Minute, Forget: 6 * time.Hour}
	budgetNetwork  = storage.Budget{Free: 30, First: 5 * time.Second, Most: 10 * time.Minute, Forget: time.Hour}
	budgetName     = storage.Budget{Free: 100, First: time.Second, Most: time.Minute, Forget: time.Hour}
	// budgetCode is for six digits, of which three are right at a time: at one try in fifteen
	// minutes a day of guessing succeeds once in three thousand, for who has the password already.
	budgetCode = storage.Budget{Free: 5, First: 5 * time.Second, Most: 15 * time.Minute, Forget: storage.KeepAttempts}
	// budgetSignUp lets a family join in an evening, and a script make a hundred wishes a day.
	budgetSignUp = storage.Budget{Free: 5, First: time.Minute, Most: 15 * time.Minute, Forget: 12 * time.Hour}
	// budgetAsk is for mails that somebody asks for, by network. budgetMail is for those of one
	// purpose that one address gets, so that nobody's mailbox is flooded from many networks; it
	// waits no longer than a link of a reset is good, so that whoever is flooded has one.
	// budgetSource is for the same from one network: what it lets through in a day is less than
	// what budgetMail has free, so that one stranger who gives somebody's address does not delay
	// what its owner asks for.
	budgetAsk    = storage.Budget{Free: 10, First: 30 * time.Second, Most: 15 * time.Minute, Forget: 6 * time.Hour}
	budgetMail   = storage.Budget{Free: 15, First: 5 * time.Minute, Most: resetFor, Forget: storage.KeepAttempts}
	budgetSource = storage.Budget{Free: 3, First: 5 * time.Minute, Most: storage.KeepAttempts, Forget: storage.KeepAttempts}
)

// What mails are asked for that have budgets of their own, so that wishes for accounts in
// somebody's name do not use up the resets of their password.
const (
	mailWish    = "wish"
	mailReset   = "reset"
	mailAddress = "address"
)

// mailTries are what a mail to an address counts under that was asked for by who may not own it.
// A browser in which its owner signed in before has a budget that strangers cannot spend. The work
// is the same whether the address has an account (A133).
func (s *Service) mailTries(ctx context.Context, from From, purpose, address string) ([]storage.Try, error) {
	if from.Device != "" {
		login, err := s.Store.LoginByEmail(ctx, address)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		known, err := s.Store.KnowsDevice(ctx, login.AccountID, SecretHash(from.Device))
		if err != nil {
			return nil, err
		}
		if known {
			return []storage.Try{try(budgetMail, "mail to", purpose, address, "device", from.Device)}, nil
		}
	}
	return []storage.Try{
		try(budgetSource, "mail to", purpose, address, "network", from.Network),
		try(budgetMail, "mail to", purpose, address),
	}, nil
}

// try counts one thing under a kind and what it is about.
func try(b storage.Budget, kind string, about ...string) storage.Try {
	return storage.Try{Key: SecretHash(kind + "\x00" + strings.Join(about, "\x00")), Budget: b}
}

func shared(t storage.Try) storage.Try {
	t.Shared = true
	return t
}

// typed is a name as it is counted: what can be typed in many ways and finds the same account is
// one.
func (s *Service) typed(name string) string {
	if handle, err := ids.ParseHandle(name); err == nil && s.isHere(handle) {
		return strings.ToLower(handle.Name)
	}
	if email, err := NormalizeEmail(strings.TrimSpace(name)); err == nil {
		return email
	}
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "@")
}

// From is where a request comes from.
type From struct {
	Network string // the address, in the width in which one household has it
	Device  string // the secret of the browser's cookie, "" if it has none
}

// passwordTries are what a try at a password counts under; account is 0 if there is no such name.
func (s *Service) passwordTries(ctx context.Context, from From, name string, account int64) ([]storage.Try, error) {
	known, err := s.knows(ctx, from, account)
	if err != nil || known != nil {
		return known, err
	}
	return []storage.Try{
		try(budgetStranger, "password", from.Network, s.typed(name)),
		shared(try(budgetNetwork, "network", from.Network)),
		shared(try(budgetName, "name", s.typed(name))),
	}, nil
}

// codeTries are what a try at a code counts under.
func (s *Service) codeTries(ctx context.Context, from From, account int64) ([]storage.Try, error) {
	known, err := s.knows(ctx, from, account)
	if err != nil || known != nil {
		return known, err
	}
	return []storage.Try{try(budgetCode, "code", strconv.FormatInt(account, 10))}, nil
}

// knows returns what a browser's tries count under in which the owner of an account signed in
// before, nil for any other.
func (s *Service) knows(ctx context.Context, from From, account int64) ([]storage.Try, error) {
	if from.Device == "" || account == 0 {
		return nil, nil
	}
	known, err := s.Store.KnowsDevice(ctx, account, SecretHash(from.Device))
	if err != nil || !known {
		return nil, err
	}
	return []storage.Try{try(budgetDevice, "device", from.Device, strconv.FormatInt(account, 10))}, nil
}

// attempt counts tries; the fault is RateLimited, with the time to wait, if they come too often.
func (s *Service) attempt(ctx context.Context, tries ...storage.Try) error {
	if s.Unlimited {
		return nil
	}
	var wait time.Duration
	err := s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		wait, err = tx.Attempt(ctx, tries)
		return err
	})
	if err == nil && wait > 0 {
		err = fault.New(fault.RateLimited, "too many attempts; try again in a while").After(wait)
	}
	return err
}

// succeed takes back tries that turned out to be right.
func (s *Service) succeed(ctx context.Context, tries []storage.Try) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.Succeed(ctx, tries) })
}

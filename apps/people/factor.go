package people

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Codes of authenticators are as every program makes them (RFC 6238): six digits of SHA-1, a new
// one every half minute. The one before and the one after are taken as well, for clocks that are
// wrong.
const (
	codePeriod = 30 * time.Second
	codeSkew   = 1
	codeDigits = otp.DigitsSix
)

const (
	// recoveryCodes are as many as fit on a note in a wallet; each is for one sign-in.
	recoveryCodes = 10
	// pictureSide is the side of the picture that is scanned, in pixels.
	pictureSide = 240
)

// AsksCodes tells whether somebody signs in with codes.
func (s *Service) AsksCodes(ctx context.Context, account storage.Account) (bool, error) {
	return asksCodes(ctx, s.Store.Reader, account)
}

func asksCodes(ctx context.Context, r storage.Reader, account storage.Account) (bool, error) {
	f, err := r.SecondFactor(ctx, account.ID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return f.ConfirmedAt != 0, err
}

// OfferCodes begins the use of codes: a secret is made and shown, and counts only when a code of it
// was given to UseCodes. Faults: Conflict if codes are in use, Unauthenticated if the session is
// over.
func (s *Service) OfferCodes(ctx context.Context, session storage.Session, account storage.Account) error {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.AccountHost, AccountName: account.Name, SecretSize: 20})
	if err != nil {
		return fmt.Errorf("offer codes: %w", err)
	}
	return s.within(ctx, session, func(tx *storage.Tx) error { return tx.OfferSecondFactor(ctx, account.ID, key.Secret()) })
}

// OfferedCodes returns what was offered, as text to type and as a picture to scan (PNG). The fault
// is NotFound if nothing is offered; what is in use is not shown again.
func (s *Service) OfferedCodes(ctx context.Context, account storage.Account) (secret string, picture []byte, err error) {
	f, err := s.Store.SecondFactor(ctx, account.ID)
	if err != nil {
		return "", nil, err
	}
	if f.ConfirmedAt != 0 {
		return "", nil, fault.New(fault.NotFound, "nothing is offered")
	}
	if secret, err = s.Store.FactorSecret(f); err != nil {
		return "", nil, fmt.Errorf("show codes: %w", err)
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", nil, fmt.Errorf("show codes: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.AccountHost, AccountName: account.Name, Secret: raw})
	if err != nil {
		return "", nil, fmt.Errorf("show codes: %w", err)
	}
	image, err := key.Image(pictureSide, pictureSide)
	if err != nil {
		return "", nil, fmt.Errorf("show codes: %w", err)
	}
	var b bytes.Buffer
	err = png.Encode(&b, image)
	return secret, b.Bytes(), err
}

// UseCodes takes codes into use, if code is one of what was offered, and returns the recovery
// codes, which are shown once. Faults: Unauthenticated for a wrong code or a session that is over,
// NotFound if nothing was offered.
func (s *Service) UseCodes(ctx context.Context, session storage.Session, account storage.Account, code string) (recovery []string, err error) {
	f, err := s.Store.SecondFactor(ctx, account.ID)
	if err != nil {
		return nil, err
	}
	secret, err := s.Store.FactorSecret(f)
	if err != nil {
		return nil, fmt.Errorf("use codes: %w", err)
	}
	step, ok := stepOf(secret, clean(code), time.Now())
	if !ok {
		return nil, errWrong()
	}
	recovery, hashes := newRecoveryCodes()
	err = s.within(ctx, session, func(tx *storage.Tx) error {
		if err := unchanged(ctx, tx, f); err != nil {
			return err
		}
		if err := tx.ConfirmSecondFactor(ctx, account.ID, step, hashes); err != nil {
			return err
		}
		return mail(ctx, tx, mailing{Kind: MailCodesOn, Account: account.ID})
	})
	if err != nil {
		return nil, fmt.Errorf("use codes: %w", err)
	}
	return recovery, nil
}

// RenewRecoveryCodes replaces somebody's recovery codes. The fault is Unauthenticated if the
// session is over.
func (s *Service) RenewRecoveryCodes(ctx context.Context, session storage.Session, account storage.Account) (recovery []string, err error) {
	recovery, hashes := newRecoveryCodes()
	return recovery, s.within(ctx, session, func(tx *storage.Tx) error { return tx.ReplaceRecoveryCodes(ctx, account.ID, hashes) })
}

// StopCodes ends the use of codes; none is no error. The fault is Unauthenticated if the session is
// over.
func (s *Service) StopCodes(ctx context.Context, session storage.Session, account storage.Account) error {
	return s.within(ctx, session, func(tx *storage.Tx) error { return stopCodes(ctx, tx, account) })
}

// LoseCodes is StopCodes by the operator for who lost everything: whoever has what was lost is
// signed out with it (A124).
func (s *Service) LoseCodes(ctx context.Context, account storage.Account) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := stopCodes(ctx, tx, account); err != nil {
			return err
		}
		return tx.SignOut(ctx, account.ID)
	})
}

func stopCodes(ctx context.Context, tx *storage.Tx, account storage.Account) error {
	f, err := tx.SecondFactor(ctx, account.ID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.DeleteSecondFactor(ctx, account.ID); err != nil || f.ConfirmedAt == 0 {
		return err
	}
	return mail(ctx, tx, mailing{Kind: MailCodesOff, Account: account.ID})
}

// checkCode takes a code of an authenticator, or a recovery code, once, and has done in the same
// transaction what it is for. Faults: Unauthenticated, RateLimited, those of then.
func (s *Service) checkCode(ctx context.Context, from From, account storage.Account, code string, then func(*storage.Tx, storage.Login) error) error {
	tries, err := s.codeTries(ctx, from, account.ID)
	if err == nil {
		err = s.attempt(ctx, tries...)
	}
	if err != nil {
		return err
	}
	f, err := s.Store.SecondFactor(ctx, account.ID)
	if err != nil {
		return fmt.Errorf("check code: %w", err)
	}
	secret, err := s.Store.FactorSecret(f)
	if err != nil {
		return fmt.Errorf("check code: %w", err)
	}
	code = clean(code)
	step, ok := stepOf(secret, code, time.Now())
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		login, err := tx.HoldLogin(ctx, account.ID)
		if err == nil {
			err = unchanged(ctx, tx, f)
		}
		if err == nil && ok {
			err = tx.TakeStep(ctx, account.ID, step)
		} else if err == nil {
			err = tx.TakeRecoveryCode(ctx, account.ID, SecretHash(code))
		}
		if fault.Is(err, fault.NotFound) {
			return errWrong()
		}
		if err != nil {
			return err
		}
		if err := tx.Succeed(ctx, tries); err != nil {
			return err
		}
		return then(tx, login)
	})
}

// unchanged refuses what was checked with the secret of an authenticator in place of which somebody
// has another one by now, or was offered one.
func unchanged(ctx context.Context, tx *storage.Tx, f storage.SecondFactor) error {
	now, err := tx.SecondFactor(ctx, f.AccountID)
	if err == nil && now.Sealed != f.Sealed {
		err = errWrong()
	}
	return err
}

// stepOf returns the step in time of which a code is, if it is one of now.
func stepOf(secret, code string, now time.Time) (step int64, ok bool) {
	options := hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1}
	at := now.Unix() / int64(codePeriod/time.Second)
	for s := at - codeSkew; s <= at+codeSkew; s++ {
		if right, err := hotp.ValidateCustom(code, uint64(s), secret, options); err == nil && right {
			return s, true
		}
	}
	return 0, false
}

// clean is a code without what people put between its digits.
func clean(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code)))
}

// newRecoveryCodes makes codes of 50 random bits, written in two groups so that they can be copied
// by hand, and their hashes. They are tried under the same budget as other codes.
func newRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		code := strings.ToLower(rand.Text()[:10])
		codes = append(codes, code[:5]+"-"+code[5:])
		hashes = append(hashes, SecretHash(code))
	}
	return codes, hashes
}

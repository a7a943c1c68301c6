package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/markup"
	"tulou/storage"
)

// Wish is what somebody writes who wants an account.
type Wish struct {
	Name, Email, Password string
	Agreed                bool // to the rules
	Locale                string
	Reason                string
	Born                  time.Time // zero if it was not said
	Invite                string    // the secret of an invitation, "" for none
	From                  From
	// App is the program that asks, with the scopes that it wants a token for; 0 for a page.
	App    int64
	Scopes string
}

// Wished is what came of a wish.
type Wished struct {
	Signup  storage.Signup
	Account storage.Account // if nothing had to be waited for
	Token   string          // for App
}

// ReasonMax is how much those who approve have to read, in characters; Mastodon's limit.
const ReasonMax = 500

// localeBytesMax is the longest BCP 47 tag worth storing (RFC 5646 section 4.4.1).
const localeBytesMax = languageBytesMax

// The answers to who has made a wish and signs in, or whose program does; in Mastodon's words.
var (
	ErrUnconfirmed = fault.New(fault.Forbidden, "Your login is missing a confirmed e-mail address")
	ErrUnapproved  = fault.New(fault.Forbidden, "Your login is currently pending approval")
)

// errConfirmed is the answer to who asks for one more link when none is needed, in Mastodon's
// words.
var errConfirmed = fault.New(fault.Forbidden, "This method is only available while the e-mail is awaiting confirmation")

// Waiting returns why a wish is no account yet.
func Waiting(s storage.Signup) error {
	if s.ConfirmedAt == 0 {
		return ErrUnconfirmed
	}
	return ErrUnapproved
}

// SignUp takes a wish for an account. Where an address can be checked a link is mailed to it, and
// where it has an account already its owner is told so: the answer is the same (A133). Which names
// are taken can be seen on an open node, and is said; on a private one it is said to who is
// invited, and mailed to the address of anybody else. Faults: a *Refusal for what cannot be used,
// Forbidden if nobody may join so, NotFound for an invitation that is not valid, RateLimited.
func (s *Service) SignUp(ctx context.Context, w Wish) (made Wished, err error) {
	mode, err := s.Registrations(ctx)
	if err != nil {
		return made, err
	}
	if err := s.mayJoin(ctx, mode, w.Invite); err != nil {
		return made, err
	}
	w.Name = strings.ToLower(strings.TrimSpace(w.Name))
	email, refusal := s.judge(ctx, mode, w)
	if len(refusal.Flaws) > 0 {
		return made, refusal
	}
	if err := s.attempt(ctx, try(budgetSignUp, "sign up", w.From.Network)); err != nil {
		return made, err
	}
	wish := storage.Signup{Name: w.Name, Email: email, Role: storage.RoleMember, Locale: locale(w.Locale), Reason: plain(w.Reason)}
	if wish.PasswordHash, err = s.hasher.hash(ctx, w.Password); err != nil {
		return made, fmt.Errorf("sign up: %w", err)
	}
	if w.App != 0 {
		wish.AppID, wish.Scopes = w.App, w.Scopes
		made.Token, wish.TokenHash = NewSecret()
	}
	if mode != RegistrationsApproval || w.Invite != "" {
		wish.ApprovedAt = storage.Now()
	}
	tries, err := s.mailTries(ctx, w.From, mailWish, email)
	if err != nil {
		return made, fmt.Errorf("sign up: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		made.Signup, err = s.keepWish(ctx, tx, wish, w.Invite, tries)
		return err
	})
	if fault.Is(err, fault.Conflict) {
		return Wished{}, &Refusal{[]Flaw{{"username", FlawTaken}}}
	}
	if err != nil {
		return Wished{}, fmt.Errorf("sign up: %w", err)
	}
	s.Log.InfoContext(ctx, "account wished for", "actor", wish.Name)
	made.Account, err = s.grant(ctx, made.Signup.ID)
	return made, err
}

// mayJoin tells whether somebody may make a wish. An invitation of the operator's to run the node
// counts always: it is how a node gets its owner.
func (s *Service) mayJoin(ctx context.Context, mode, invite string) error {
	if invite != "" {
		i, err := s.Invited(ctx, invite)
		if err != nil {
			return err
		}
		if mode == RegistrationsClosed && i.Role == storage.RoleMember {
			return fault.New(fault.Forbidden, "nobody can join this node at present")
		}
		return nil
	}
	switch mode {
	case RegistrationsInvite:
		return fault.New(fault.Forbidden, "to join this node you need an invitation")
	case RegistrationsClosed:
		return fault.New(fault.Forbidden, "nobody can join this node at present")
	}
	return nil
}

// keepWish writes a wish down and has done what follows from it.
func (s *Service) keepWish(ctx context.Context, tx *storage.Tx, wish storage.Signup, invite string, tries []storage.Try) (storage.Signup, error) {
	if invite != "" {
		i, err := tx.UseInvite(ctx, SecretHash(invite))
		if err != nil {
			return wish, err
		}
		wish.InviteID, wish.Role = i.ID, i.Role
	}
	// Without a mail server no address can be checked. Whoever invited or approves somebody answers
	// for them, as the operator does for who has the link that makes the owner.
	runs := wish.Role != storage.RoleMember
	if runs || !s.Mailer.Delivers() && (invite != "" || wish.ApprovedAt == 0) {
		wish.ConfirmedAt = storage.Now()
	}
	kept, err := tx.CreateSignup(ctx, wish)
	if s.Private && invite == "" && fault.Is(err, fault.Conflict) {
		kept, err = tx.DenySignup(ctx, wish)
	}
	if err != nil {
		return kept, err
	}
	wish = kept
	if _, denied := wish.Wanted(); denied || wish.ConfirmedAt == 0 {
		return wish, s.mailSparingly(ctx, tx, mailing{Kind: MailConfirm, To: wish.Email, Signup: wish.ID}, tries)
	}
	return wish, s.afterwards(ctx, tx, wish)
}

// afterwards has done what follows when an address is confirmed or a wish approved: the account is
// made, or those who approve are told.
func (s *Service) afterwards(ctx context.Context, tx *storage.Tx, wish storage.Signup) error {
	if wish.ConfirmedAt != 0 && wish.ApprovedAt != 0 {
		id := storage.MarshalPayload(granting{wish.ID})
		return tx.Enqueue(ctx, storage.Job{Queue: queueWork, Kind: jobGrant, Lane: "grant " + wish.Name, Payload: id})
	}
	if wish.ConfirmedAt == 0 {
		return nil
	}
	staff, err := tx.Moderators(ctx)
	if err != nil {
		return err
	}
	for _, who := range staff {
		if err := mail(ctx, tx, mailing{Kind: MailPending, Account: who, Text: wish.Name + ": " + wish.Reason}); err != nil {
			return err
		}
	}
	return nil
}

// granting is the payload of jobGrant.
type granting struct {
	Signup int64 `json:"signup"`
}

// grantLater makes an account that could not be made at once, because the process ended.
func (s *Service) grantLater(ctx context.Context, job storage.Job) error {
	var g granting
	if err := json.Unmarshal(job.Payload, &g); err != nil {
		return fmt.Errorf("read %s: %w", job.Kind, err)
	}
	_, err := s.grant(ctx, g.Signup)
	return err
}

// grant makes the account of a wish for which nothing is waited any more, once. The zero Account is
// for a wish that waits, or is gone.
func (s *Service) grant(ctx context.Context, id int64) (account storage.Account, err error) {
	wish, err := s.Store.SignupByID(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && (wish.ConfirmedAt == 0 || wish.ApprovedAt == 0) {
		return account, nil
	}
	if err != nil {
		return account, fmt.Errorf("make account: %w", err)
	}
	account = s.newPerson(wish.Name, "")
	keys, err := makeKeys(account.URI)
	if err != nil {
		return account, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		wish, err := tx.HoldSignup(ctx, id)
		if err != nil {
			return err
		}
		created, err := s.createWithKeys(ctx, tx, account, keys)
		if err != nil {
			return err
		}
		account = created
		return s.grantTo(ctx, tx, account, wish)
	})
	switch {
	case fault.Is(err, fault.NotFound): // another process was quicker, or somebody rejected it
		return s.granted(ctx, wish)
	case fault.Is(err, fault.Conflict): // the name or the address has an account since
		gone := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteSignup(ctx, wish, true) })
		return storage.Account{}, errors.Join(gone, fault.Wrap(err, fault.Conflict, "the name or the address is taken"))
	case err != nil:
		return storage.Account{}, fmt.Errorf("make account: %w", err)
	}
	s.Log.InfoContext(ctx, "account created", "actor", account.Name)
	return account, nil
}

// granted returns the account that was made of a wish; the zero Account if the name went to
// somebody else, whom nobody may be let in as. No two people have the same hash of a password.
func (s *Service) granted(ctx context.Context, wish storage.Signup) (storage.Account, error) {
	account, err := s.Store.AccountByHandle(ctx, wish.Name, "")
	if err != nil {
		return storage.Account{}, err
	}
	login, err := s.Store.LoginByAccount(ctx, account.ID)
	if err != nil || login.PasswordHash != wish.PasswordHash {
		return storage.Account{}, err
	}
	return account, nil
}

// grantTo gives a new account what its wish said, and tells those who should know.
func (s *Service) grantTo(ctx context.Context, tx *storage.Tx, account storage.Account, wish storage.Signup) error {
	login := storage.Login{AccountID: account.ID, Email: wish.Email, PasswordHash: wish.PasswordHash,
		Role: wish.Role, Locale: wish.Locale, ConfirmedAt: wish.ConfirmedAt}
	err := tx.CreateLogin(ctx, login)
	if fault.Is(err, fault.Conflict) && wish.ConfirmedAt <= wish.CreatedAt {
		// Somebody else vouched for the person, and nobody has seen that the address is theirs: they
		// are not told whose it is, and have an account without one.
		login.Email = noAddress(account.ID)
		if err = tx.CreateLogin(ctx, login); err == nil {
			err = mail(ctx, tx, mailing{Kind: MailTaken, To: wish.Email})
		}
	}
	if err != nil {
		return err
	}
	if wish.TokenHash != "" {
		if _, err := tx.CreateToken(ctx, storage.Token{Hash: wish.TokenHash, AppID: wish.AppID, AccountID: account.ID, Scopes: wish.Scopes}); err != nil {
			return err
		}
	}
	if err := tx.DeleteSignup(ctx, wish, false); err != nil {
		return err
	}
	if err := tx.DeleteSignupsFor(ctx, login.Email); err != nil {
		return err
	}
	staff, err := tx.Moderators(ctx)
	if err != nil {
		return err
	}
	for _, who := range staff {
		if err := s.Notifier.Notify(ctx, tx, storage.Notification{AccountID: who, Type: storage.NotifySignUp, FromID: account.ID}); err != nil {
			return err
		}
	}
	if wish.ApprovedAt > wish.CreatedAt { // somebody had to approve it
		return mail(ctx, tx, mailing{Kind: MailWelcome, Account: account.ID})
	}
	return nil
}

// Confirming returns the wish whose address a mailed secret confirms, without using it; NotFound if
// it was used or is over.
func (s *Service) Confirming(ctx context.Context, secret string) (storage.Signup, error) {
	o, err := s.Store.OneTime(ctx, SecretHash(secret), purposeConfirm)
	if err != nil {
		return storage.Signup{}, err
	}
	wish, err := s.Store.SignupByID(ctx, o.SignupID)
	if err == nil && wish.Email != o.Email {
		err = fault.New(fault.NotFound, "the address was changed since")
	}
	return wish, err
}

// Confirm takes a mailed secret as proof that somebody reads their address. The account is the zero
// Account if it still has to be approved. Faults: NotFound for a secret that was used, is over, or
// is for an address that was changed since, Conflict if the address has an account by now.
func (s *Service) Confirm(ctx context.Context, secret string) (account storage.Account, err error) {
	var wish storage.Signup
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		o, err := tx.TakeOneTime(ctx, SecretHash(secret), purposeConfirm)
		if err != nil {
			return err
		}
		if wish, err = tx.HoldSignup(ctx, o.SignupID); err != nil {
			return err
		}
		if wish.Email != o.Email || wish.ConfirmedAt != 0 {
			return fault.New(fault.NotFound, "this link is not good any more")
		}
		wish.ConfirmedAt, wish.ExpiresAt = storage.Now(), storage.At(time.Now().Add(storage.KeepUnapproved))
		if err := tx.UpdateSignup(ctx, wish); err != nil {
			return err
		}
		return s.afterwards(ctx, tx, wish)
	})
	if err != nil {
		return account, fmt.Errorf("confirm: %w", err)
	}
	return s.grant(ctx, wish.ID)
}

// ConfirmAgain mails the link of a wish once more, to another address if email is not "". Faults:
// Forbidden if the address is confirmed already, Unprocessable for an address that cannot be used,
// RateLimited.
func (s *Service) ConfirmAgain(ctx context.Context, wish storage.Signup, email string, from From) error {
	if wish.ConfirmedAt != 0 {
		return errConfirmed
	}
	to := wish.Email
	if email != "" {
		var err error
		if to, err = NormalizeEmail(email); err == nil {
			err = s.checkMailDomain(ctx, to)
		}
		if err != nil {
			return err
		}
	}
	tries, err := s.mailTries(ctx, from, mailWish, to)
	if err == nil {
		err = s.attempt(ctx, append(tries, try(budgetAsk, "mail from", from.Network))...)
	}
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		wish, err := tx.HoldSignup(ctx, wish.ID)
		if err != nil {
			return err
		}
		if wish.ConfirmedAt != 0 { // meanwhile: another address would count as confirmed
			return errConfirmed
		}
		wish.Email = to
		if err := tx.UpdateSignup(ctx, wish); err != nil {
			return err
		}
		return mail(ctx, tx, mailing{Kind: MailConfirm, To: to, Signup: wish.ID})
	})
}

// Also is done in the transaction of something that a moderator does about what is called so:
// asking whether they may, and writing it down.
type Also func(tx *storage.Tx, what string) error

func all(tx *storage.Tx, what string, also []Also) error {
	for _, do := range also {
		if err := do(tx, what); err != nil {
			return err
		}
	}
	return nil
}

// Approve grants a wish. If its address is not confirmed yet the account is made when it is, and
// the zero Account returned. The fault is NotFound.
func (s *Service) Approve(ctx context.Context, id int64, also ...Also) (account storage.Account, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		wish, err := tx.HoldSignup(ctx, id)
		if err != nil {
			return err
		}
		if err := all(tx, wish.Name, also); err != nil {
			return err
		}
		if wish.ApprovedAt == 0 {
			wish.ApprovedAt = storage.Now()
		}
		if err := tx.UpdateSignup(ctx, wish); err != nil {
			return err
		}
		return s.afterwards(ctx, tx, wish)
	})
	if err != nil {
		return account, fmt.Errorf("approve: %w", err)
	}
	return s.grant(ctx, id)
}

// Reject forgets a wish; nobody is told. The fault is NotFound.
func (s *Service) Reject(ctx context.Context, id int64, also ...Also) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		wish, err := tx.HoldSignup(ctx, id)
		if err != nil {
			return err
		}
		if err := all(tx, wish.Name, also); err != nil {
			return err
		}
		return tx.DeleteSignup(ctx, wish, true)
	})
}

// locale is the language of mails, as far as it is one.
func locale(text string) string {
	strange := func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}
	if text == "" || len(text) > localeBytesMax || strings.ContainsFunc(text, strange) {
		return "en"
	}
	return text
}

// plain is what somebody wrote to those who approve, without signs that cannot be seen.
func plain(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = markup.Line(line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

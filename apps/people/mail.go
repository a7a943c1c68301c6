package people

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Mail is something to tell somebody at their address. What it says in which language is the
// Mailer's.
type Mail struct {
	Kind   string // a Mail…
	To     string // an address, normalised
	Locale string // BCP 47, "" if it is not known
	Handle string // of whom it is about, name@host
	Link   string // where to go on, "" for nowhere
	Text   string // what somebody wrote: a reason, or a new address
	// ID is the same whenever the same mail is sent: a mail goes out at least once, and again if the
	// process ends before it knows that the server took it. Programs that read mails show one.
	ID string
}

// The kinds of mails.
const (
	MailConfirm         = "confirm"          // the link confirms an address at sign-up
	MailTaken           = "taken"            // somebody gave an address that has an account already
	MailNameTaken       = "name-taken"       // the name that was wished for cannot be had
	MailReset           = "reset"            // the link lets choose a new password
	MailNewAddress      = "new-address"      // the link makes it the address of an account
	MailAddressChanged  = "address-changed"  // to the address that was
	MailPasswordChanged = "password-changed" //
	MailCodesOn         = "codes-on"         // signing in takes a code from now on
	MailCodesOff        = "codes-off"        //
	MailWelcome         = "welcome"          // the account that was waited for is there
	MailPending         = "pending"          // to who runs the node: somebody waits for approval
)

// MailKinds are all of them.
func MailKinds() []string {
	return append([]string{MailConfirm, MailTaken, MailNameTaken, MailReset, MailNewAddress, MailAddressChanged, MailPasswordChanged,
		MailCodesOn, MailCodesOff, MailWelcome, MailPending}, moderationMails()...)
}

// Mailer sends mails.
type Mailer interface {
	// Send hands a mail to a server that answers for it from then on. Unprocessable is for what
	// will never be taken; anything else is tried again.
	Send(ctx context.Context, m Mail) error
	// Delivers tells whether mails reach their addresses; where there is no mail server they do
	// not.
	Delivers() bool
}

// Where links in mails and invitations lead; what follows is their secret.
const (
	ConfirmPath = "/auth/confirm/"
	AddressPath = "/auth/address/"
	ResetPath   = "/auth/reset/"
	InvitePath  = "/invite/"
	SignInPath  = "/auth/sign_in"
	SignUpPath  = "/auth/sign_up"
	// RequestsPath is where who runs the node lets people in.
	RequestsPath = "/settings/requests"
)

// What one-time secrets are for, and how long they are good: for as long as people look for a mail,
// and the mighty one for an hour.
const (
	purposeConfirm = "confirm"
	purposeAddress = "address"
	purposeReset   = "reset"
	purposeStep    = "step"

	confirmFor = storage.KeepUnconfirmed
	addressFor = 24 * time.Hour
	resetFor   = time.Hour
	stepFor    = 10 * time.Minute
)

// mailing is the payload of jobMail. The secret of a link is made when the mail is, so that it is
// never at rest anywhere; and whether an address has an account is found out then, so that asking
// takes the same time (A133).
type mailing struct {
	Kind    string `json:"kind"`
	To      string `json:"to,omitempty"` // "": the address of Account
	Account int64  `json:"account,omitempty"`
	Signup  int64  `json:"signup,omitempty"`
	Text    string `json:"text,omitempty"`
	Act     int64  `json:"act,omitempty"` // what moderators did
	// Credentials is the number of those with which a new address was asked for: with others there is
	// nothing to mail any more.
	Credentials int64 `json:"credentials,omitempty"`
}

// mail has something mailed after the transaction. Mails to one address keep their order.
func mail(ctx context.Context, tx *storage.Tx, m mailing) error {
	lane := m.To
	if lane == "" {
		lane = fmt.Sprint(m.Account, m.Signup)
	}
	return tx.Enqueue(ctx, storage.Job{Queue: queueWork, Kind: jobMail, Lane: "mail " + SecretHash(lane), Payload: storage.MarshalPayload(m)})
}

// mailSparingly mails what somebody asked for who may not own the address. If it gets too many, it
// gets no more for a while; who asks is not told.
func (s *Service) mailSparingly(ctx context.Context, tx *storage.Tx, m mailing, tries []storage.Try) error {
	if !s.Unlimited {
		wait, err := tx.Attempt(ctx, tries)
		if err != nil || wait > 0 {
			return err
		}
	}
	return mail(ctx, tx, m)
}

// sendMail writes and sends a mail. A mail that has no reason any more is not sent.
func (s *Service) sendMail(ctx context.Context, job storage.Job) error {
	var m mailing
	if err := json.Unmarshal(job.Payload, &m); err != nil {
		return fmt.Errorf("read %s: %w", job.Kind, err)
	}
	out, err := s.write(ctx, m)
	if err == nil && strings.HasSuffix(out.To, "@"+nowhere) {
		return nil
	}
	if err == nil {
		out.ID = SecretHash("mail " + s.Paths.Base + " " + ids.Format(job.ID))
		err = s.Mailer.Send(ctx, out)
	}
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case fault.Is(err, fault.Unprocessable):
		s.Log.WarnContext(ctx, "mail refused", "kind", m.Kind, "err", err)
		return nil
	case err != nil:
		return fmt.Errorf("mail %s: %w", m.Kind, err)
	}
	return nil
}

// write finds out what a mail says now; NotFound if nothing.
func (s *Service) write(ctx context.Context, m mailing) (Mail, error) {
	switch m.Kind {
	case MailConfirm:
		return s.writeConfirm(ctx, m)
	case MailTaken:
		return s.writeTaken(ctx, m.To, "")
	case MailReset:
		return s.writeReset(ctx, m)
	case MailNewAddress:
		return s.writeNewAddress(ctx, m)
	}
	if m.Act != 0 {
		return s.writeDecision(ctx, m)
	}
	account, login, err := s.loginByAccount(ctx, m.Account)
	if err != nil {
		return Mail{}, err
	}
	out := s.mailTo(m, account, login)
	switch m.Kind {
	case MailWelcome:
		out.Link = s.Paths.Base + SignInPath
	case MailPending:
		out.Link = s.Paths.Base + RequestsPath
	case MailPasswordChanged, MailCodesOn, MailCodesOff:
		out.Link = s.Paths.Base + ResetPath[:len(ResetPath)-1]
	}
	return out, nil
}

func (s *Service) mailTo(m mailing, account storage.Account, login storage.Login) Mail {
	out := Mail{Kind: m.Kind, To: m.To, Locale: login.Locale, Handle: account.Name + "@" + s.AccountHost, Text: m.Text}
	if out.To == "" {
		out.To = login.Email
	}
	return out
}

func (s *Service) loginByAccount(ctx context.Context, id int64) (account storage.Account, login storage.Login, err error) {
	if account, err = s.Store.AccountByID(ctx, id); err == nil {
		login, err = s.Store.LoginByAccount(ctx, id)
	}
	return account, login, err
}

// writeConfirm asks to confirm the address of a wish. If the address has an account, its owner is
// told that instead, and whoever made the wish learns nothing.
func (s *Service) writeConfirm(ctx context.Context, m mailing) (Mail, error) {
	wish, err := s.Store.SignupByID(ctx, m.Signup)
	name, denied := wish.Wanted()
	if err != nil || wish.ConfirmedAt != 0 && !denied {
		return Mail{}, errOr(err)
	}
	out := Mail{Kind: MailConfirm, To: wish.Email, Locale: wish.Locale, Handle: name + "@" + s.AccountHost}
	if taken, err := s.writeTaken(ctx, wish.Email, wish.Locale); !fault.Is(err, fault.NotFound) {
		return taken, err
	}
	if denied {
		out.Kind, out.Link = MailNameTaken, s.Paths.Base+SignUpPath
		return out, nil
	}
	secret, err := s.mint(ctx, storage.OneTime{Purpose: purposeConfirm, SignupID: wish.ID, Email: wish.Email}, confirmFor, nil)
	out.Link = s.Paths.Base + ConfirmPath + secret
	return out, err
}

// writeTaken tells the owner of an address that it was given again; NotFound if it has no account.
func (s *Service) writeTaken(ctx context.Context, email, locale string) (Mail, error) {
	login, err := s.Store.LoginByEmail(ctx, email)
	if err != nil {
		return Mail{}, err
	}
	account, err := s.Store.AccountByID(ctx, login.AccountID)
	return Mail{Kind: MailTaken, To: email, Locale: locale, Handle: account.Name + "@" + s.AccountHost,
		Link: s.Paths.Base + ResetPath[:len(ResetPath)-1]}, err
}

func (s *Service) writeReset(ctx context.Context, m mailing) (Mail, error) {
	login, err := s.Store.LoginByEmail(ctx, m.To)
	if fault.Is(err, fault.NotFound) { // who never confirmed the address may look for that mail
		wish, err := s.Store.SignupByEmail(ctx, m.To)
		if err != nil {
			return Mail{}, err
		}
		return s.writeConfirm(ctx, mailing{Kind: MailConfirm, Signup: wish.ID})
	}
	if err != nil {
		return Mail{}, err
	}
	account, err := s.Store.AccountByID(ctx, login.AccountID)
	if err != nil || account.Hidden {
		return Mail{}, errOr(err)
	}
	out := s.mailTo(m, account, login)
	secret, err := s.mint(ctx, storage.OneTime{Purpose: purposeReset, AccountID: account.ID, Email: login.Email}, resetFor,
		func(now storage.Login) bool { return now.Email == login.Email })
	out.Link = s.Paths.Base + ResetPath + secret
	return out, err
}

func (s *Service) writeNewAddress(ctx context.Context, m mailing) (Mail, error) {
	account, login, err := s.loginByAccount(ctx, m.Account)
	still := func(now storage.Login) bool { return now.Credentials == m.Credentials }
	if err != nil || !still(login) { // the session was ended in which it was asked for
		return Mail{}, errOr(err)
	}
	if taken, err := s.writeTaken(ctx, m.To, login.Locale); !fault.Is(err, fault.NotFound) {
		return taken, err
	}
	out := s.mailTo(m, account, login)
	secret, err := s.mint(ctx, storage.OneTime{Purpose: purposeAddress, AccountID: account.ID, Email: m.To}, addressFor, still)
	out.Link = s.Paths.Base + AddressPath + secret
	return out, err
}

// errOr is err, or NotFound: there is nothing to say any more.
func errOr(err error) error {
	if err == nil {
		err = fault.New(fault.NotFound, "nothing to mail")
	}
	return err
}

// mint makes a secret that works once, for an account if what it is for still holds when it is
// written; NotFound if it does not.
func (s *Service) mint(ctx context.Context, o storage.OneTime, lasts time.Duration, holds func(now storage.Login) bool) (secret string, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if holds != nil {
			now, err := tx.HoldLogin(ctx, o.AccountID)
			if err != nil || !holds(now) {
				return errOr(err)
			}
		}
		secret, err = mint(ctx, tx, o, lasts)
		return err
	})
	return secret, err
}

func mint(ctx context.Context, tx *storage.Tx, o storage.OneTime, lasts time.Duration) (secret string, err error) {
	secret, o.Hash = NewSecret()
	o.ExpiresAt = storage.At(time.Now().Add(lasts))
	return secret, tx.CreateOneTime(ctx, o)
}

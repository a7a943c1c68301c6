package node

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"tulou/apps/people"
	"tulou/node/mail"
	"tulou/protocol/fault"
	"tulou/storage"
)

// This file is how people come to have accounts: who may, the mails that it takes, and what the
// operator does about it.

// Joining is what an operator decides about people who want accounts.
type Joining struct {
	Registrations string `name:"registrations" env:"TULOU_REGISTRATIONS" group:"People and mail" placeholder:"WHO" help:"Who may make an account, from this start on: open (everybody), approval (whom you approve), invite (who has an invitation), closed (nobody). 'tulou registrations' changes it while the node runs. Default: what was decided before, at first invite."`
	MinAge        int    `name:"min-age" env:"TULOU_MIN_AGE" group:"People and mail" placeholder:"YEARS" help:"Ask who wants an account for their date of birth, and refuse younger people. The date is not kept."`

	SMTPURL          string `name:"smtp-url" env:"TULOU_SMTP_URL" group:"People and mail" placeholder:"URL" help:"Mail server: smtp://USER@mail.example.org (STARTTLS) or smtps://USER@mail.example.org. Without one, mails are printed to the log."`
	SMTPPasswordFile string `name:"smtp-password-file" env:"TULOU_SMTP_PASSWORD_FILE" group:"People and mail" placeholder:"FILE" help:"File with the password for the mail server, which then is not in the URL."`
	MailFrom         string `name:"mail-from" env:"TULOU_MAIL_FROM" group:"People and mail" placeholder:"ADDRESS" help:"Address that mails come from. Default: no-reply@ the domain in handles."`
}

// minAgeMax is the oldest age worth asking for.
const minAgeMax = 120

func (j Joining) check() error {
	if j.Registrations != "" && !slices.Contains(people.Registrations(), j.Registrations) {
		return fault.New(fault.Invalid, "--registrations is open, approval, invite or closed, not %q", j.Registrations)
	}
	if j.MinAge < 0 || j.MinAge > minAgeMax {
		return fault.New(fault.Invalid, "--min-age is in years, up to %d", minAgeMax)
	}
	if _, err := mail.ParseServer(j.SMTPURL); err != nil {
		return err
	}
	if j.SMTPPasswordFile != "" && j.SMTPURL == "" {
		return fault.New(fault.Invalid, "--smtp-password-file is of use only with --smtp-url")
	}
	if j.MailFrom != "" {
		if _, err := people.NormalizeEmail(j.MailFrom); err != nil {
			return fault.New(fault.Invalid, "--mail-from %q is not an e-mail address", j.MailFrom)
		}
	}
	return nil
}

// smtpPasswordBytesMax bounds the file with the password.
const smtpPasswordBytesMax = 4 << 10

// newMailer makes what sends mails.
func (n *Node) newMailer(deps Deps) (*mail.Mailer, error) {
	server, err := mail.ParseServer(n.config.SMTPURL)
	if err != nil {
		return nil, err
	}
	if file := n.config.SMTPPasswordFile; file != "" {
		password, err := os.ReadFile(file)
		if err != nil || len(password) > smtpPasswordBytesMax {
			return nil, fault.Wrap(err, fault.Invalid, "the password of the mail server cannot be read from %s", file)
		}
		server.Password = strings.TrimRight(string(password), "\r\n")
	}
	host, from := n.config.AccountDomain, n.config.MailFrom
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	}
	if from == "" {
		from = "no-reply@" + host
	}
	return mail.New(mail.Config{Server: server, From: from, Host: n.config.AccountDomain, Log: n.log, DialContext: deps.DialContext, RootCAs: deps.RootCAs})
}

// settleRegistrations keeps what the configuration says about who may join.
func (n *Node) settleRegistrations(ctx context.Context) error {
	if mode := n.config.Registrations; mode != "" {
		return n.people.SetRegistrations(ctx, mode)
	}
	return nil
}

// warnOfMail tells the operator of a node that is open, by a flag or by what was decided before,
// and has no mail server.
func (n *Node) warnOfMail(ctx context.Context) error {
	mode, err := n.people.Registrations(ctx)
	if err == nil && mode == people.RegistrationsOpen && n.config.SMTPURL == "" {
		n.log.Warn("everybody may join and there is no mail server: nobody can confirm an address unless you pass the links on from the log")
	}
	return err
}

// Registrations returns who may make an account: one of people.Registrations.
func (n *Node) Registrations(ctx context.Context) (string, error) { return n.people.Registrations(ctx) }

// SetRegistrations decides who may make an account from now on.
func (n *Node) SetRegistrations(ctx context.Context, mode string) error {
	return n.people.SetRegistrations(ctx, mode)
}

// Invitation is a link that lets people join.
type Invitation struct {
	ID            int64
	Link          string // only of one that was made just now
	From          string // the handle of who invites, "" for the operator
	Role          string
	Uses, UsesMax int
	ExpiresAt     time.Time
}

// CreateInvite makes an invitation in the operator's name.
func (n *Node) CreateInvite(ctx context.Context, uses int, lasts time.Duration, admin bool) (Invitation, error) {
	role := storage.RoleMember
	if admin {
		role = storage.RoleAdmin
	}
	secret, invite, err := n.people.Invite(ctx, people.NewInvite{Role: role, Uses: uses, Lasts: lasts})
	if err != nil {
		return Invitation{}, err
	}
	made, err := n.invitation(ctx, invite)
	made.Link = n.config.URL + people.InvitePath + secret
	return made, err
}

// invitesListed is how many invitations are shown; a node with more has other worries.
const invitesListed = 1000

// Invites returns the invitations that can still be used, newest first.
func (n *Node) Invites(ctx context.Context) (all []Invitation, err error) {
	invites, err := n.store.Invites(ctx, 0, invitesListed)
	for _, i := range invites {
		one, err := n.invitation(ctx, i)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, err
}

// RevokeInvite ends an invitation; NotFound.
func (n *Node) RevokeInvite(ctx context.Context, id int64) error {
	return n.people.EndInvite(ctx, 0, id)
}

func (n *Node) invitation(ctx context.Context, i storage.Invite) (Invitation, error) {
	shown := Invitation{ID: i.ID, Role: i.Role, Uses: i.Uses, UsesMax: i.UsesMax, ExpiresAt: i.ExpiresAt.Time()}
	if i.AccountID == 0 {
		return shown, nil
	}
	from, err := n.store.AccountByID(ctx, i.AccountID)
	shown.From = n.handle(from)
	return shown, err
}

// Waiting is somebody who wants an account and has none yet.
type Waiting struct {
	ID                  int64
	Handle              string // name@host
	Email, Reason       string
	Confirmed, Approved bool
	CreatedAt           time.Time
}

// Waiting returns everybody who waits for an account, oldest first.
func (n *Node) Waiting(ctx context.Context) (all []Waiting, err error) {
	for after := int64(0); ; {
		wishes, err := n.store.Signups(ctx, after, loginsPage)
		if err != nil || len(wishes) == 0 {
			return all, err
		}
		for _, w := range wishes {
			all = append(all, Waiting{ID: w.ID, Handle: w.Name + "@" + n.config.AccountDomain, Email: w.Email, Reason: w.Reason,
				Confirmed: w.ConfirmedAt != 0, Approved: w.ApprovedAt != 0, CreatedAt: w.CreatedAt.Time()})
			after = w.ID
		}
	}
}

// Decide approves or rejects somebody who waits, by name. made tells whether the account is there
// already: it is not if the address has to be confirmed first.
func (n *Node) Decide(ctx context.Context, name string, approve bool) (made bool, err error) {
	wish, err := n.store.SignupByName(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return false, fault.New(fault.NotFound, "nobody called %s waits for an account", name)
	}
	if err != nil {
		return false, fmt.Errorf("find who waits: %w", err)
	}
	if !approve {
		return false, n.people.Reject(ctx, wish.ID)
	}
	account, err := n.people.Approve(ctx, wish.ID)
	return account.ID != 0, err
}

// StopCodes lets somebody sign in without codes again who has lost them, and signs them out
// everywhere.
func (n *Node) StopCodes(ctx context.Context, name string) (string, error) {
	account, err := n.local(ctx, name)
	if err != nil {
		return "", err
	}
	return n.handle(account), n.people.LoseCodes(ctx, account)
}

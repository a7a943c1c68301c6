package people

import (
	"context"
	"fmt"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// The limits of invitations: for a school class, for a season, and as many as somebody keeps an eye
// on. The operator's have no limit but UsesMax.
const (
	InviteUsesMax  = 100
	InviteLastsMax = 90 * 24 * time.Hour
	InvitesMax     = 20 // of one person, that can still be used
)

// NewInvite is a link that is to let people in.
type NewInvite struct {
	From  storage.Account // who invites; the zero Account is the operator
	Role  string          // storage.RoleMember if empty; only the operator may give others
	Uses  int             // 1 if 0
	Lasts time.Duration
}

// Invite makes an invitation and returns its secret, which is nowhere else. Faults: Unprocessable
// for values beyond the limits, Forbidden if From may not invite or the node takes nobody, Conflict
// if they have InvitesMax.
func (s *Service) Invite(ctx context.Context, n NewInvite) (secret string, invite storage.Invite, err error) {
	n.Uses = max(n.Uses, 1)
	if n.Uses > InviteUsesMax || n.Lasts <= 0 || n.Lasts > InviteLastsMax {
		return "", invite, fault.New(fault.Unprocessable, "an invitation works at most %d times and for %d days", InviteUsesMax, InviteLastsMax/(24*time.Hour))
	}
	if n.Role == "" || n.From.ID != 0 {
		n.Role = storage.RoleMember
	}
	secret, hash := NewSecret()
	invite = storage.Invite{Hash: hash, AccountID: n.From.ID, Role: n.Role, UsesMax: n.Uses, ExpiresAt: storage.At(time.Now().Add(n.Lasts))}
	if n.From.ID != 0 {
		may, err := s.MayInvite(ctx, n.From)
		if err != nil {
			return "", invite, err
		}
		if !may {
			return "", invite, fault.New(fault.Forbidden, "nobody can join this node at present")
		}
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if n.From.ID != 0 {
			mine, err := tx.Invites(ctx, n.From.ID, InvitesMax)
			if err != nil {
				return err
			}
			if len(mine) >= InvitesMax {
				return fault.New(fault.Conflict, "there are %d invitations already; end one first", InvitesMax)
			}
		}
		invite, err = tx.CreateInvite(ctx, invite)
		return err
	})
	if err != nil {
		return "", invite, fmt.Errorf("invite: %w", err)
	}
	return secret, invite, nil
}

// MayInvite tells whether somebody may let others in: everybody may, as long as the node takes
// people, and not while who runs it wants to approve each.
func (s *Service) MayInvite(ctx context.Context, who storage.Account) (bool, error) {
	mode, err := s.Registrations(ctx)
	if err != nil || mode == RegistrationsOpen || mode == RegistrationsInvite {
		return err == nil, err
	}
	if mode == RegistrationsClosed {
		return false, nil
	}
	login, err := s.Store.LoginByAccount(ctx, who.ID)
	return login.Role == storage.RoleAdmin || login.Role == storage.RoleOwner, err
}

// Invited returns an invitation that can still be used, NotFound otherwise: also for those of
// somebody who was suspended, or who may invite nobody since each has to be approved.
func (s *Service) Invited(ctx context.Context, secret string) (invite storage.Invite, err error) {
	if invite, err = s.Store.Invite(ctx, SecretHash(secret)); err != nil || invite.AccountID == 0 {
		return invite, err
	}
	from, err := s.Store.AccountByID(ctx, invite.AccountID)
	if err != nil {
		return invite, err
	}
	mode, err := s.Registrations(ctx)
	if err != nil {
		return invite, err
	}
	may := true
	if mode == RegistrationsApproval {
		may, err = s.MayInvite(ctx, from)
	}
	if err == nil && (from.Hidden || !may) {
		err = fault.New(fault.NotFound, "this invitation does not count any more")
	}
	return invite, err
}

// EndInvite revokes one of somebody's invitations, any if account is 0; NotFound.
func (s *Service) EndInvite(ctx context.Context, account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.RevokeInvite(ctx, id, account) })
}

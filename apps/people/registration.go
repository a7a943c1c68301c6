package people

import (
	"context"
	"fmt"
	"slices"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Who may make an account on this node. The operator says so when the node starts or while it runs.
const (
	RegistrationsOpen     = "open"     // everybody
	RegistrationsApproval = "approval" // everybody whom somebody who runs the node approves
	RegistrationsInvite   = "invite"   // who has an invitation
	RegistrationsClosed   = "closed"   // nobody, invitations or not
)

// Registrations are all of them.
func Registrations() []string {
	return []string{RegistrationsOpen, RegistrationsApproval, RegistrationsInvite, RegistrationsClosed}
}

// settingRegistrations is the key under which the decision is kept.
const settingRegistrations = "registrations"

// Registrations returns who may make an account. Unless somebody decided otherwise it is who has an
// invitation: a new node is not open to the world by mistake, and its owner can let people in by
// sending them a link.
func (s *Service) Registrations(ctx context.Context) (string, error) {
	mode, err := s.Store.Setting(ctx, settingRegistrations)
	if fault.Is(err, fault.NotFound) {
		return RegistrationsInvite, nil
	}
	if err != nil {
		return "", fmt.Errorf("who may join: %w", err)
	}
	return string(mode), nil
}

// SetRegistrations decides who may make an account from now on, on every process of the node. The
// fault is Invalid for a word that is none of Registrations.
func (s *Service) SetRegistrations(ctx context.Context, mode string) error {
	if !slices.Contains(Registrations(), mode) {
		return fault.New(fault.Invalid, "%q does not say who may join: there are open, approval, invite and closed", mode)
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutSetting(ctx, settingRegistrations, []byte(mode)) })
}

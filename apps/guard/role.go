package guard

import "tulou/storage"

// Permissions are what a role may do, in the bits of Mastodon's roles, so that its programs show
// what can be done (docs.joinmastodon.org/entities/Role). Only those are given for which this node
// has something.
type Permissions int64

// The permissions that count here.
const (
	Administer                Permissions = 1 << 0 // everything
	ViewAuditLog              Permissions = 1 << 2
	ManageReports             Permissions = 1 << 4
	ManageFederation          Permissions = 1 << 5
	ManageBlocks              Permissions = 1 << 7
	ManageAppeals             Permissions = 1 << 9
	ManageUsers               Permissions = 1 << 10
	DeleteUserData            Permissions = 1 << 19
	moderators                            = ViewAuditLog | ManageReports | ManageAppeals | ManageUsers
	admins                                = moderators | ManageFederation | ManageBlocks | DeleteUserData
	rankMember, rankModerator             = 0, 1
	rankAdmin, rankOwner                  = 2, 3
)

// PermissionsOf returns what a role of storage.Login may do; members may nothing.
func PermissionsOf(role string) Permissions {
	switch role {
	case storage.RoleOwner:
		return Administer
	case storage.RoleAdmin:
		return admins
	case storage.RoleModerator:
		return moderators
	}
	return 0
}

// May tells whether the permissions have all of others among them.
func (p Permissions) May(others Permissions) bool { return p&Administer != 0 || p&others == others }

// rank orders the roles: nobody acts against who stands as high as they do, or higher.
func rank(role string) int {
	switch role {
	case storage.RoleOwner:
		return rankOwner
	case storage.RoleAdmin:
		return rankAdmin
	case storage.RoleModerator:
		return rankModerator
	}
	return rankMember
}

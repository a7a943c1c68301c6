package people

import (
	"context"
	"fmt"
	"slices"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/storage"
)

// NewPerson is somebody who is to get an account on this node.
type NewPerson struct {
	Handle    string // the name alone, lower case
	Email     string
	Password  string
	Role      string // storage.RoleMember if empty
	Confirmed bool   // the address is known to be theirs; others cannot sign in yet
	Avatar    string // a URL, "" for no picture
	// Invite is the secret of a one-time link. If it is set, its role is given and it is used up.
	Invite string
}

// InstanceActorName is the name of the account that speaks for the node itself. With its dot it is
// a handle that other servers can read and that nobody can register here.
const InstanceActorName = "instance.actor"

// Create makes an account with its keys and its login. A name that anybody ever had is not given
// again. Faults: Unprocessable for values that cannot be used, Conflict for a name or an address
// that is taken, NotFound for an invitation that is not valid.
func (s *Service) Create(ctx context.Context, p NewPerson) (storage.Account, error) {
	if err := checkName(p.Handle); err != nil {
		return storage.Account{}, err
	}
	email, err := NormalizeEmail(p.Email)
	if err != nil {
		return storage.Account{}, err
	}
	if err := checkPassword(p.Password); err != nil {
		return storage.Account{}, err
	}
	if p.Role != "" && !slices.Contains(Roles(), p.Role) {
		return storage.Account{}, fault.New(fault.Unprocessable, "there is no role %q", p.Role)
	}
	// Hashing and making keys takes a tenth of a second and more; a taken name need not wait for
	// it.
	if taken, err := s.Store.NameTaken(ctx, p.Handle); err == nil && taken {
		return storage.Account{}, fault.New(fault.Conflict, "the name %s is taken", p.Handle)
	}
	login := storage.Login{Email: email, Role: p.Role}
	if p.Confirmed {
		login.ConfirmedAt = storage.Now()
	}
	if login.PasswordHash, err = s.hasher.hash(ctx, p.Password); err != nil {
		return storage.Account{}, fmt.Errorf("create account: %w", err)
	}
	account := s.newPerson(p.Handle, p.Avatar)
	made, err := makeKeys(account.URI)
	if err != nil {
		return storage.Account{}, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		login := login
		if p.Invite != "" {
			invite, err := tx.UseInvite(ctx, SecretHash(p.Invite))
			if err != nil {
				return err
			}
			login.Role = invite.Role
		}
		created, err := s.createWithKeys(ctx, tx, account, made)
		if err != nil {
			return err
		}
		account, login.AccountID = created, created.ID
		return tx.CreateLogin(ctx, login)
	})
	if err != nil {
		return storage.Account{}, fmt.Errorf("create account: %w", err)
	}
	s.Log.InfoContext(ctx, "account created", "actor", account.Name)
	return account, nil
}

// EnsureInstanceActor returns the account that speaks for the node: it signs requests that nobody
// made in person. It is made, with its keys, when the database is new.
func (s *Service) EnsureInstanceActor(ctx context.Context) (storage.Account, error) {
	uri := s.Paths.InstanceActor()
	account, err := s.Store.AccountByURI(ctx, uri)
	if !fault.Is(err, fault.NotFound) {
		return account, err
	}
	account = s.newLocal(uri, InstanceActorName, "Application")
	account.URL, account.Bot = s.Paths.Base+"/", true
	made, err := makeKeys(uri)
	if err != nil {
		return storage.Account{}, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		_, err := s.createWithKeys(ctx, tx, account, made)
		return err
	})
	if err != nil && !fault.Is(err, fault.Conflict) { // another process was faster
		return storage.Account{}, fmt.Errorf("create instance actor: %w", err)
	}
	return s.Store.AccountByURI(ctx, uri)
}

// newPerson is somebody of this node before anything is known of them but the name.
func (s *Service) newPerson(name, avatar string) storage.Account {
	account := s.newLocal(s.Paths.Actor(name), name, "Person")
	if avatar == "" && s.Avatar != nil {
		avatar = s.Avatar(name)
	}
	account.URL, account.Avatar = s.Paths.Profile(name), avatar
	return account
}

func (s *Service) newLocal(uri, name, kind string) storage.Account {
	return storage.Account{
		URI: uri, Name: name, Type: kind, Inbox: uri + ids.Inbox, SharedInbox: s.Paths.SharedInbox(),
		Outbox: uri + ids.Outbox, Followers: uri + ids.Followers, Following: uri + ids.Following,
		Featured: uri + ids.Featured, Friends: uri + ids.Friends,
	}
}

// createWithKeys makes an account of this node. As long as nobody has one, a start with another
// address gives the database that address: a process that still runs with the former one would make
// ids that no start could ever serve. The fault is Unavailable then.
func (s *Service) createWithKeys(ctx context.Context, tx *storage.Tx, a storage.Account, made []storage.ActorKey) (storage.Account, error) {
	node, err := tx.AccountByHandle(ctx, InstanceActorName, "")
	if err == nil && node.URI != s.Paths.InstanceActor() {
		err = fault.New(fault.Unavailable, "the node was started with another address than %s; stop the one or the other", s.Paths.Base)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return a, err
	}
	a, err = tx.CreateAccount(ctx, a)
	if err != nil {
		return a, err
	}
	return a, tx.PutKeys(ctx, a.ID, made)
}

// makeKeys makes the two keys of an actor: RSA, which every server verifies, and Ed25519 for those
// that know better.
func makeKeys(actor string) ([]storage.ActorKey, error) {
	rsa, err := keys.GenerateRSA()
	if err != nil {
		return nil, err
	}
	ed25519, err := keys.GenerateEd25519()
	if err != nil {
		return nil, err
	}
	made := []storage.ActorKey{
		{ID: actor + ids.MainKey, Kind: storage.KeyRSA, PublicKey: rsa.Public().PEM()},
		{ID: actor + ids.Ed25519Key, Kind: storage.KeyEd25519, PublicKey: ed25519.Public().Multikey()},
	}
	for i, key := range []keys.Private{rsa, ed25519} {
		if made[i].PrivateKey, err = key.PEM(); err != nil {
			return nil, err
		}
	}
	return made, nil
}

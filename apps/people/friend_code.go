package people

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// A friend link is the address of a profile with a code: https://node.example/@ana?friend=CODE. It
// is what a picture of squares says that people show each other. Whoever scans it first becomes a
// friend at once, since showing it was the consent; whoever comes later, or has a copy, is a
// request that says so. A browser that opens it shows the profile.

const (
	// FriendCodeFor is how long a code counts: as long as people stand beside each other.
	FriendCodeFor = 10 * time.Minute
	// FriendCodeParam is the parameter of a friend link that holds the code.
	FriendCodeParam = "friend"
	// friendCodeBytesMax is more than any code has.
	friendCodeBytesMax = 128
	// friendFindWithin bounds how long somebody waits for other servers who looks for a person.
	friendFindWithin = 10 * time.Second
)

// FriendLink is a friend link and until when its code counts.
type FriendLink struct {
	URL     string
	Expires time.Time
}

// NewFriendLink makes a friend link of actor's. Older ones go on counting, up to
// storage.FriendCodesMax.
func (s *Service) NewFriendLink(ctx context.Context, actor storage.Account) (FriendLink, error) {
	code := rand.Text()
	link := FriendLink{Expires: time.Now().Add(FriendCodeFor)}
	link.URL = s.Paths.Profile(actor.Name) + "?" + url.Values{FriendCodeParam: {code}}.Encode()
	return link, s.Store.Tx(ctx, func(tx *storage.Tx) error {
		return tx.CreateFriendCode(ctx, SecretHash(code), actor.ID, link.Expires)
	})
}

// takeCode uses the code of a friend link of somebody of this node. scanned is whether it counts,
// first whether nobody used it before. A link of anybody else, or none, is no error.
func (s *Service) takeCode(ctx context.Context, tx *storage.Tx, owner storage.Account, link string) (scanned, first bool, err error) {
	name, code, ok := s.readLink(link)
	if !ok || code == "" || !strings.EqualFold(name, owner.Name) {
		return false, false, nil
	}
	return tx.TakeFriendCode(ctx, SecretHash(code), owner.ID)
}

// readLink reads the address of a profile of this node, with its code if it has one.
func (s *Service) readLink(link string) (name, code string, ok bool) {
	u, err := ids.ParseIRI(link)
	if err != nil || !s.Paths.Local(link) {
		return "", "", false
	}
	base, err := url.Parse(s.Paths.Base)
	if err != nil {
		return "", "", false
	}
	path := strings.TrimPrefix(u.Path, base.Path)
	for _, prefix := range []string{"/@", "/users/"} {
		if rest, found := strings.CutPrefix(path, prefix); found {
			name = rest
		}
	}
	if code = u.Query().Get(FriendCodeParam); len(code) > friendCodeBytesMax {
		code = ""
	}
	return name, code, ids.ValidLocalName(name)
}

// FoundFriend is somebody who was looked for, by an address or a link.
type FoundFriend struct {
	Account storage.Account
	Link    string // the friend link, if it has a code; ""
}

// FindFriend finds who is meant by what somebody typed, pasted or scanned: a friend link or the
// page of a profile of any server, or an address such as @ana@node.example. Faults: Invalid for
// what is none of these, NotFound, those of Finder.
func (s *Service) FindFriend(ctx context.Context, actor storage.Account, text string) (found FoundFriend, err error) {
	text = strings.TrimSpace(text)
	if len(text) > ids.IRIBytesMax {
		return found, fault.New(fault.Invalid, "this is neither an address nor a link")
	}
	ctx, cancel := context.WithTimeout(ctx, friendFindWithin)
	defer cancel()
	if strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
		found, err = s.findByLink(ctx, text)
	} else {
		var handle ids.Handle
		if handle, err = ids.ParseHandle(strings.TrimPrefix(text, "acct:")); err == nil {
			found.Account, err = s.resolve(ctx, handle)
		}
	}
	if err != nil {
		return FoundFriend{}, err
	}
	_, err = s.Store.BlockOf(ctx, found.Account.ID, actor.ID)
	if err == nil || found.Account.Hidden || found.Account.URI == s.Paths.InstanceActor() {
		return FoundFriend{}, fault.New(fault.NotFound, "there is no such account")
	}
	return found, unlessAbsent(err)
}

func (s *Service) resolve(ctx context.Context, handle ids.Handle) (storage.Account, error) {
	if handle.Host == "" || handle.Host == s.AccountHost || handle.Host == s.Paths.Host() {
		return s.Store.AccountByHandle(ctx, handle.Name, "")
	}
	if a, err := s.Store.AccountByHandle(ctx, handle.Name, handle.Host); !fault.Is(err, fault.NotFound) {
		return a, err
	}
	if s.Finder == nil {
		return storage.Account{}, fault.New(fault.NotFound, "there is no such account")
	}
	return s.Finder.Resolve(ctx, handle)
}

// findByLink finds the owner of a page. What is asked for never has the code in it: that goes to
// the owner's server with the request, and to nobody's log.
func (s *Service) findByLink(ctx context.Context, link string) (found FoundFriend, err error) {
	u, err := ids.ParseIRI(link)
	if err != nil {
		return found, err
	}
	if code := u.Query().Get(FriendCodeParam); code != "" && len(code) <= friendCodeBytesMax {
		found.Link = link
	}
	if s.Paths.Local(link) {
		name, _, ok := s.readLink(link)
		if !ok {
			return found, fault.New(fault.NotFound, "there is no such account")
		}
		found.Account, err = s.Store.AccountByHandle(ctx, name, "")
		return found, err
	}
	u.RawQuery, u.Fragment = "", ""
	if found.Account, err = s.Store.AccountByURI(ctx, u.String()); !fault.Is(err, fault.NotFound) {
		return found, err
	}
	if name, isPage := strings.CutPrefix(u.Path, "/@"); isPage {
		handle, err := ids.ParseHandle(name)
		if err != nil {
			return found, fault.New(fault.NotFound, "there is no such account")
		}
		if handle.Host == "" {
			handle.Host = u.Host
		}
		found.Account, err = s.resolve(ctx, handle)
		return found, err
	}
	if s.Finder == nil {
		return found, fault.New(fault.NotFound, "there is no such account")
	}
	found.Account, err = s.Finder.RefreshAccount(ctx, u.String())
	return found, err
}

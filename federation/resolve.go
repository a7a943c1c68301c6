package federation

import (
	"context"
	"strings"
	"time"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/strictjson"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Account returns the actor with this IRI: from the database, or fetched from its origin and put
// there. Faults: NotFound or Gone, Forbidden (a host that is kept out, or a document that claims
// too much), Unavailable (its host does not answer just now).
func (e *Engine) Account(ctx context.Context, iri string) (storage.Account, error) {
	account, err := e.store.AccountByURI(ctx, iri)
	if !fault.Is(err, fault.NotFound) {
		return account, err
	}
	return e.RefreshAccount(ctx, iri)
}

// RefreshAccount fetches an actor anew and stores what it says. Faults are those of Account.
func (e *Engine) RefreshAccount(ctx context.Context, iri string) (storage.Account, error) {
	if e.config.Paths.Local(iri) {
		return e.store.AccountByURI(ctx, iri)
	}
	result := e.flight.DoChan(iri, func() (any, error) {
		return e.fetchAccount(context.WithoutCancel(ctx), iri)
	})
	select {
	case r := <-result:
		account, _ := r.Val.(storage.Account)
		return account, r.Err
	case <-ctx.Done(): // others may wait longer
		return storage.Account{}, fault.Wrap(ctx.Err(), fault.Unavailable, "the actor could not be fetched in time")
	}
}

func (e *Engine) fetchAccount(ctx context.Context, iri string) (storage.Account, error) {
	doc, err := e.fetch(ctx, iri)
	if err != nil {
		return storage.Account{}, err
	}
	actor, err := vocab.ParseActor(doc.Body)
	if err != nil {
		return storage.Account{}, err
	}
	if actor.ID != doc.ID {
		return storage.Account{}, fault.New(fault.Forbidden, "the actor has two ids")
	}
	if err := checkActor(*actor); err != nil {
		return storage.Account{}, err
	}
	host, err := e.handleHost(ctx, *actor)
	if err != nil {
		return storage.Account{}, err
	}
	var account storage.Account
	err = e.store.Tx(ctx, func(tx *storage.Tx) (err error) {
		account, err = PutActor(ctx, tx, *actor, host)
		return err
	})
	e.keys.forget(actor.ID)
	return account, err
}

// fetch gets a document of a host that is not kept out, signed by the instance actor.
func (e *Engine) fetch(ctx context.Context, iri string) (fetch.Document, error) {
	if err := e.CheckHost(ctx, ids.Host(iri)); err != nil {
		return fetch.Document{}, err
	}
	doc, err := e.client.Object(ctx, iri, e.signers(ctx)...)
	switch {
	case err == nil:
		e.metrics.Fetched("ok")
		if err = strictjson.Check(doc.Body, fetch.DocumentBytesMax); err == nil {
			err = e.CheckHost(ctx, ids.Host(doc.ID))
		}
	case fetch.Temporary(err):
		e.metrics.Fetched("unavailable")
	case fault.Is(err, fault.Gone) || fault.Is(err, fault.NotFound):
		e.metrics.Fetched("gone")
	default:
		e.metrics.Fetched("refused")
	}
	return doc, err
}

// Object fetches an object from its origin. If it is a post, its author is known afterwards. Faults
// are those of Account.
func (e *Engine) Object(ctx context.Context, iri string) (*vocab.Object, error) {
	if e.config.Paths.Local(iri) {
		return nil, fault.New(fault.NotFound, "there is no such object on this node")
	}
	doc, err := e.fetch(ctx, iri)
	if err != nil {
		return nil, err
	}
	object, err := vocab.ParseObject(doc.Body)
	if err != nil {
		return nil, err
	}
	if object.ID != doc.ID {
		return nil, fault.New(fault.Forbidden, "the object has two ids")
	}
	if object.Note != nil {
		if !ids.SameOrigin(object.ID, object.AttributedTo) {
			return nil, fault.New(fault.Forbidden, "the post and its author are of different origins")
		}
		if _, err := e.Account(ctx, object.AttributedTo); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// Resolve finds somebody by handle: our own people in the database, others by asking their host.
// Faults are those of Account.
func (e *Engine) Resolve(ctx context.Context, handle ids.Handle) (storage.Account, error) {
	host := handle.Host
	if host == "" || host == e.config.AccountHost || host == e.config.Paths.Host() {
		return e.store.AccountByHandle(ctx, strings.ToLower(handle.Name), "")
	}
	account, err := e.store.AccountByHandle(ctx, strings.ToLower(handle.Name), host)
	if !fault.Is(err, fault.NotFound) {
		return account, err
	}
	if err := e.CheckHost(ctx, host); err != nil {
		return storage.Account{}, err
	}
	finger, err := e.client.WebFinger(ctx, handle)
	if err != nil {
		return storage.Account{}, err
	}
	return e.Account(ctx, finger.Self)
}

// checkActor refuses actors whose parts contradict each other (A008, A010): inbox, outbox and
// collections are of the origin of the id, and the id has no query tricks.
func checkActor(actor vocab.Actor) error {
	if _, err := ids.ParseIRI(actor.ID); err != nil {
		return err
	}
	if !ids.ValidName(actor.PreferredUsername) {
		return fault.New(fault.Unprocessable, "the actor has no usable name")
	}
	if actor.Inbox == "" {
		return fault.New(fault.Unprocessable, "the actor has no inbox")
	}
	for _, iri := range []string{actor.Inbox, actor.Outbox, actor.Followers, actor.Following, actor.Featured, actor.SharedInbox} {
		if iri != "" && !ids.SameOrigin(iri, actor.ID) {
			return fault.New(fault.Forbidden, "the actor's inbox or collections are of another origin")
		}
	}
	return nil
}

// handleHost finds out under which host an actor is known. By default it is that of the id; another
// one, or another actor, has to be confirmed by WebFinger there, so that nobody takes a name that
// belongs to somebody else (A117).
func (e *Engine) handleHost(ctx context.Context, actor vocab.Actor) (string, error) {
	home := ids.Host(actor.ID)
	own, err := e.client.WebFinger(ctx, ids.Handle{Name: actor.PreferredUsername, Host: home})
	if err != nil { // an origin may name its own people; some have no WebFinger for services
		return e.hostBefore(ctx, actor, err)
	}
	if own.Self != actor.ID {
		return "", fault.New(fault.Forbidden, "the name %s@%s belongs to another actor", actor.PreferredUsername, home)
	}
	if own.Subject.Host == home || !strings.EqualFold(own.Subject.Name, actor.PreferredUsername) {
		return home, nil
	}
	there, err := e.client.WebFinger(ctx, own.Subject)
	if err != nil {
		return e.hostBefore(ctx, actor, err)
	}
	if there.Self != actor.ID {
		return home, nil
	}
	return own.Subject.Host, nil
}

// hostBefore is the host that was found out for an actor before, if WebFinger does not answer just
// now; else that of its id.
func (e *Engine) hostBefore(ctx context.Context, actor vocab.Actor, cause error) (string, error) {
	if !fetch.Temporary(cause) {
		return ids.Host(actor.ID), nil
	}
	known, err := e.store.AccountByURI(ctx, actor.ID)
	switch {
	case err == nil && strings.EqualFold(known.Name, actor.PreferredUsername):
		return known.Host, nil
	case err == nil || fault.Is(err, fault.NotFound):
		return ids.Host(actor.ID), nil
	}
	return "", err
}

// PutActor stores what a verified actor document says about a remote account and its keys. The
// document came from its origin or was signed by the actor; handleHost was confirmed.
func PutActor(ctx context.Context, tx *storage.Tx, actor vocab.Actor, handleHost string) (storage.Account, error) {
	if err := checkActor(actor); err != nil {
		return storage.Account{}, err
	}
	account, err := tx.PutRemoteAccount(ctx, accountOf(actor, handleHost))
	if err != nil {
		return storage.Account{}, err
	}
	if err := tx.PutRemoteEmojis(ctx, ids.Host(account.URI), EmojisOf(actor.Tags)); err != nil {
		return storage.Account{}, err
	}
	if actor.RFC9421 {
		if err := tx.NoteRFC9421(ctx, ids.Host(actor.Inbox)); err != nil {
			return storage.Account{}, err
		}
	}
	return account, tx.PutKeys(ctx, account.ID, keysOf(actor, account.ID))
}

func accountOf(actor vocab.Actor, handleHost string) storage.Account {
	created := actor.Published
	if now := time.Now(); created.IsZero() || created.After(now) {
		created = now
	}
	account := storage.Account{
		URI: actor.ID, Name: actor.PreferredUsername, Host: handleHost, Type: actor.Type,
		DisplayName: markup.PlainText(actor.Name), Bio: markup.Sanitize(actor.Summary), URL: pageOf(actor),
		Inbox: actor.Inbox, SharedInbox: actor.SharedInbox, Outbox: actor.Outbox,
		Followers: actor.Followers, Following: actor.Following, Featured: actor.Featured, Friends: actor.Friends,
		Locked: actor.Locked, Bot: actor.Type == "Service" || actor.Type == "Application",
		Discoverable: actor.Discoverable, Indexable: actor.Indexable,
		HideMedia: actor.HideMedia, HideMediaReplies: actor.HideMediaReplies, HideFeatured: actor.HideFeatured,
		AttributionDomains: sitesOf(actor),
		MovedTo:            actor.MovedTo, AlsoKnownAs: storage.Texts(actor.AlsoKnownAs),
		CreatedAt: storage.At(created), FetchedAt: storage.Now(), SuspendedThere: actor.Suspended,
	}
	if !ids.SameOrigin(actor.Friends, actor.ID) {
		account.Friends = "" // what is for friends is addressed to it
	}
	for _, f := range actor.Fields {
		account.Fields = append(account.Fields, storage.Field{Name: markup.PlainText(f.Name), Value: markup.Sanitize(f.Value)})
	}
	if actor.Icon != nil {
		account.Avatar, account.AvatarDescription = webAddress(actor.Icon.URL), shownBy(*actor.Icon)
	}
	if actor.Image != nil {
		account.Header, account.HeaderDescription = webAddress(actor.Image.URL), shownBy(*actor.Image)
	}
	return account
}

// shownBy is what a picture is said to show, as plain text.
func shownBy(p vocab.Picture) string {
	text := []rune(markup.PlainText(p.Name))
	return string(text[:min(len(text), storage.DescriptionMax)])
}

// sitesOf are the sites that may name an actor as author; what is no host is left out.
func sitesOf(actor vocab.Actor) (hosts storage.Texts) {
	for _, site := range actor.AttributionSites {
		if host, err := ids.NormalizeHost(site); err == nil {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// pageOf is the profile page of an actor, its id if the page is not a web address.
func pageOf(actor vocab.Actor) string {
	if page := webAddress(actor.URL); page != "" {
		return page
	}
	return actor.ID
}

// webAddress returns an address that clients may open, "" for anything else.
func webAddress(address string) string {
	if _, err := ids.ParseIRI(address); err != nil {
		return ""
	}
	return address
}

// keysOf returns the keys of an actor that are its own and usable.
func keysOf(actor vocab.Actor, account int64) (rows []storage.ActorKey) {
	for _, key := range actor.Keys {
		if !ids.SameOrigin(key.ID, actor.ID) || key.Owner != "" && key.Owner != actor.ID {
			continue
		}
		row := storage.ActorKey{ID: key.ID, AccountID: account, Kind: storage.KeyRSA, PublicKey: key.PEM, CreatedAt: storage.Now()}
		if key.PEM == "" {
			row.Kind, row.PublicKey = storage.KeyEd25519, key.Multibase
		}
		if _, err := parseKey(row); err == nil {
			rows = append(rows, row)
		}
	}
	return rows
}

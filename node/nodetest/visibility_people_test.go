package nodetest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"

	"pgregory.net/rapid"

	"tulou/protocol/ids"
	"tulou/storage"
)

// decide does what the node decides about people and hosts, or somebody about who sees their
// followers.
func (s *scene) decide(kind string, a, b *modelPerson) {
	switch kind {
	case "limit":
		b.limited = !b.limited
		s.tx(func(tx *storage.Tx) error { return tx.SetSilenced(ctx, b.id, b.limited) })
	case "policy":
		if b.host == "" {
			return
		}
		action := rapid.SampledFrom([]string{storage.DomainBlock, storage.DomainLimit, ""}).Draw(s.r, "action")
		was := s.policies[b.host]
		s.policies[b.host] = action
		s.tx(func(tx *storage.Tx) error {
			if action != "" {
				return tx.PutDomainPolicy(ctx, storage.DomainPolicy{Domain: b.host, Action: action})
			}
			if was == "" {
				return nil
			}
			return tx.DeleteDomainPolicy(ctx, b.host)
		})
	case "secretive":
		if a.viewer {
			a.secretive = !a.secretive
			s.tx(func(tx *storage.Tx) error {
				account, err := tx.AccountByID(ctx, a.id)
				if err != nil {
					return err
				}
				account.HideCollections = a.secretive
				_, err = tx.UpdateProfile(ctx, account)
				return err
			})
		}
	}
}

// comparePeople compares who is shown to follow whom with the model, and demands that nobody is
// offered who is hidden, limited, or blocks or is blocked by who looks.
func (s *scene) comparePeople(v *modelPerson) {
	for _, a := range s.people[:viewers] {
		shown := v == a || !a.secretive && (v == nil || !s.blocked(a, v))
		for rest, related := range map[string]func(b *modelPerson) bool{
			"/followers": func(b *modelPerson) bool { return s.follows.has(b, a) },
			"/following": func(b *modelPerson) bool { return s.follows.has(a, b) },
		} {
			want := []string{}
			for _, b := range s.people {
				if shown && related(b) && !s.hidden(b) && (v == nil || !s.blocked(v, b)) {
					want = append(want, ids.Format(b.id))
				}
			}
			slices.Sort(want)
			if got := s.listed(v, "/api/v1/accounts/"+ids.Format(a.id)+rest); !slices.Equal(got, want) {
				s.r.Fatalf("%s of %s for %s: %v, want %v", rest, a.name, name(v), got, want)
			}
		}
	}
	offers := []string{"/api/v1/directory?limit=80"}
	if v != nil {
		offers = append(offers, "/api/v1/suggestions?limit=80", "/api/v2/suggestions?limit=80")
	}
	for _, path := range offers {
		shown := s.ask(v, "GET", path, nil).Body.String()
		for _, b := range s.people {
			if (s.hidden(b) || s.limited(b) || v != nil && s.blocked(v, b)) && idsIn(shown)[ids.Format(b.id)] {
				s.r.Fatalf("%s offers %s to %s", path, b.name, name(v))
			}
		}
	}
	if v == nil {
		return
	}
	s.compareMoments(v)
	for _, b := range s.people {
		want := []string{}
		for _, c := range s.people {
			if c != v && s.follows.has(v, c) && s.follows.has(c, b) && !b.secretive && !c.secretive && !s.hidden(c) && !s.blocked(v, c) {
				want = append(want, ids.Format(c.id))
			}
		}
		var found []struct{ Accounts []struct{ ID string } }
		w := s.ask(v, "GET", "/api/v1/accounts/familiar_followers?id[]="+ids.Format(b.id), nil)
		s.must(json.Unmarshal(w.Body.Bytes(), &found))
		for _, one := range found {
			for _, c := range one.Accounts {
				if !slices.Contains(want, c.ID) {
					s.r.Fatalf("familiar followers of %s for %s: %s, want %v", b.name, v.name, w.Body, want)
				}
			}
		}
	}
}

// listed returns the ids of a list of accounts, sorted.
func (s *scene) listed(v *modelPerson, path string) []string {
	s.r.Helper()
	w := s.ask(v, "GET", path, nil)
	var list []struct{ ID string }
	if w.Code != 200 {
		s.r.Fatalf("%s for %s: %d %s", path, name(v), w.Code, w.Body)
	}
	s.must(json.Unmarshal(w.Body.Bytes(), &list))
	found := []string{}
	for _, a := range list {
		found = append(found, a.ID)
	}
	slices.Sort(found)
	return found
}

// publicPEM is a key as actors list it.
func publicPEM(key *rsa.PrivateKey) string {
	der := must(x509.MarshalPKIXPublicKey(&key.PublicKey))
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

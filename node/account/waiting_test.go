package account

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tulou/apps/people"
	"tulou/storage"
)

// If this failed, those who run a node would never see who waits behind a hundred whom they let in
// and who did not confirm their address, or behind a hundred others.
func TestEverybodyWhoWaitsIsOnAPage(t *testing.T) {
	s := newSite(t)
	check(t, s.people.SetRegistrations(t.Context(), people.RegistrationsApproval))
	s.person("ana", storage.RoleOwner)
	check(t, s.store.Tx(t.Context(), func(tx *storage.Tx) error {
		for i := range 2*requestsPage + 11 {
			made, err := tx.CreateSignup(t.Context(), storage.Signup{Name: fmt.Sprintf("n%03d", i), Email: "x@mail.example", Role: storage.RoleMember, Locale: "en"})
			if err != nil {
				return err
			}
			if i <= requestsPage {
				made.ApprovedAt = storage.Now()
				if err := tx.UpdateSignup(t.Context(), made); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	ana := s.browser("")
	ana.signIn("ana", password)
	ana.get("/settings/requests")
	ana.shows(200, "@n101", "@n200", "More people who wait")
	body := ana.page.Body.String()
	if strings.Contains(body, "@n100") || strings.Contains(body, "@n201") {
		t.Error("who was let in is shown, or more than a page")
	}
	_, rest, _ := strings.Cut(body, people.RequestsPath+"?after=")
	next, _, _ := strings.Cut(rest, `"`)
	ana.get(people.RequestsPath + "?after=" + next)
	ana.shows(200, "@n201", "@n210")
	if body := ana.page.Body.String(); strings.Contains(body, "@n200") || strings.Contains(body, "More people who wait") {
		t.Error("the second page has what was on the first, or leads on")
	}
}

// If this failed, whoever has an address that is not taken here would not learn what is wrong.
func TestBlockedAddressIsExplained(t *testing.T) {
	s := newSite(t)
	s.person("ana", "")
	must(s.people.BlockMailDomain(t.Context(), "throwaway.example", ""))
	b := s.browser("")
	b.get("/auth/sign_up")
	b.submit(url.Values{"username": {"zoe"}, "email": {"zoe@a.throwaway.example"}, "password": {password}, "agreement": {"1"}})
	b.shows(422, "Addresses of this e-mail provider are not taken here")
	b.signIn("ana", password)
	b.get("/settings/email")
	b.submit(url.Values{"email": {"ana@throwaway.example"}})
	b.shows(422, "Addresses of this e-mail provider are not taken here")
}

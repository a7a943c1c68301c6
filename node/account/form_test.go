package account

import (
	"net/url"
	"strings"
	"testing"

	"tulou/apps/people"
)

func TestNobodyIsSentToAMailboxThatGetsNothing(t *testing.T) {
	// If this failed, people of a node without a mail server would wait for a mail that never comes.
	s := newSite(t)
	s.away = true
	s.person("ana", "")
	b := s.browser("Firefox")
	wish := url.Values{"username": {"ben"}, "email": {"ben@mail.example"}, "password": {password}, "agreement": {"1"}, "reason": {"boats"}}
	b.get("/auth/sign_up")
	b.submit(url.Values{"username": wish["username"], "email": wish["email"], "password": wish["password"], "agreement": {"1"}})
	b.shows(200, "Ask for the link", "This server sends no mail")
	b.signIn("ben", password)
	b.shows(401, "This server sends no mail")
	b.get("/auth/reset")
	b.submit(url.Values{"email": {"ana@mail.example"}})
	b.shows(200, "This server sends no mail")
	known := b.page.Body.String()
	b.get("/auth/reset")
	if b.submit(url.Values{"email": {"nobody@mail.example"}}); b.page.Body.String() != known {
		t.Errorf("asking for a password tells who has an account: %s", b.page.Body)
	}

	check(t, s.people.SetRegistrations(t.Context(), people.RegistrationsApproval))
	wish.Set("username", "cleo")
	wish.Set("email", "cleo@mail.example")
	b.get("/auth/sign_up")
	b.submit(wish)
	b.shows(200, "Your request is here", "Try to sign in later")
	if strings.Contains(b.page.Body.String(), "mail") {
		t.Errorf("a mail is promised: %s", b.page.Body)
	}
}

func TestWhatWasWrittenComesBackWithWhatIsWrong(t *testing.T) {
	// If this failed, people would have to write everything again after one mistake.
	s := newSite(t)
	s.people.MinAge = 16
	b := s.browser("Firefox")
	b.get("/auth/sign_up")
	b.submit(url.Values{"username": {"ben"}, "email": {"ben@mail.example"}, "password": {"short"}, "agreement": {"1"}, "date_of_birth": {"1990-02-03"}})
	b.shows(422, `value="ben"`, `value="ben@mail.example"`, `value="1990-02-03"`)
}

func TestInvitationOutOfBoundsIsAskedForAgain(t *testing.T) {
	// If this failed, a wrong number would lead to a page from which nobody gets back to the form.
	s := newSite(t)
	s.person("ana", "")
	b := s.browser("Firefox")
	b.signIn("ana", password)
	for _, c := range []struct{ uses, days, says string }{
		{"0", "7", "From 1 to 100."}, {"101", "7", "From 1 to 100."}, {"many", "7", "From 1 to 100."},
		{"1", "0", "From 1 to 90."}, {"1", "91", "From 1 to 90."}, {"1", "", "From 1 to 90."},
	} {
		b.get("/settings/invites")
		b.submit(url.Values{"uses": {c.uses}, "days": {c.days}})
		b.shows(422, c.says, `value="`+c.uses+`"`, "You have no invitation")
	}
	b.get("/settings/invites")
	b.submit(url.Values{"uses": {"100"}, "days": {"90"}})
	b.shows(200, "https://harbor.example/invite/", "Used 0 of 100 times")
}

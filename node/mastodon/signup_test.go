package mastodon

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/apps/people"
	"tulou/storage"
)

func TestAppsMakeAccountsAndWaitWithTheirOwners(t *testing.T) {
	// If this failed, nobody could join with an app, or an app could act for somebody whose address
	// nobody checked.
	v := newVillage(t)
	check(t, v.People.SetRegistrations(t.Context(), people.RegistrationsOpen))
	ana := v.person("ana")
	program := &client{v: v, token: v.issue(0, "read write follow push")}
	wish := url.Values{"username": {"zoe"}, "email": {"zoe@mail.example"}, "password": {"correct horse"}, "agreement": {"true"}, "locale": {"de"}}
	ana.send("POST", "/api/v1/accounts", wish).says(403, "This method requires an client credentials authentication")
	made := program.send("POST", "/api/v1/accounts", wish)
	made.is(200)
	token := made.object()
	for _, field := range []string{"access_token", "token_type", "scope", "created_at"} {
		if token[field] == nil {
			t.Errorf("the token has no %s: %v", field, token)
		}
	}
	zoe := &client{v: v, token: token["access_token"].(string)}
	const unconfirmed = "Your login is missing a confirmed e-mail address"
	for _, path := range []string{"/api/v1/accounts/verify_credentials", "/api/v1/timelines/home", "/api/v1/instance"} {
		zoe.send("GET", path, nil).says(403, unconfirmed)
	}
	zoe.send("POST", "/api/v1/statuses", url.Values{"status": {"hello"}}).says(403, unconfirmed)
	if body := zoe.send("GET", "/api/v1/emails/check_confirmation", nil).Body.String(); body != "false" {
		t.Errorf("confirmed: %s", body)
	}
	if body := zoe.send("POST", "/api/v1/emails/confirmations", url.Values{"email": {"zoe@new.example"}}).Body.String(); body != "{}" {
		t.Errorf("mailed again: %s", body)
	}
	zoe.send("POST", "/api/v1/emails/confirmations", url.Values{"email": {"nonsense"}}).is(422)
	signup, err := v.Store.SignupByName(t.Context(), "zoe")
	check(t, err)
	if signup.Email != "zoe@new.example" || signup.Locale != "de" {
		t.Errorf("%+v", signup)
	}
	secret, hash := people.NewSecret()
	v.do(func(tx *storage.Tx) error {
		return tx.CreateOneTime(t.Context(), storage.OneTime{Hash: hash, Purpose: "confirm", SignupID: signup.ID, Email: signup.Email, ExpiresAt: storage.At(time.Now().Add(time.Hour))})
	})
	_, err = v.People.Confirm(t.Context(), secret)
	check(t, err)
	if me := zoe.get("/api/v1/accounts/verify_credentials").object(); me["username"] != "zoe" {
		t.Errorf("%v", me)
	}
	if body := zoe.send("GET", "/api/v1/emails/check_confirmation", nil).Body.String(); body != "true" {
		t.Errorf("confirmed: %s", body)
	}
	zoe.send("POST", "/api/v1/emails/confirmations", nil).says(403, "This method is only available while the e-mail is awaiting confirmation")
}

func TestWhatIsWrongWithAWishIsInItsDetails(t *testing.T) {
	// If this failed, apps could not show people which field to change.
	v := newVillage(t)
	check(t, v.People.SetRegistrations(t.Context(), people.RegistrationsOpen))
	v.person("ana")
	program := &client{v: v, token: v.issue(0, "write:accounts")}
	a := program.send("POST", "/api/v1/accounts", url.Values{"username": {"ana"}, "email": {"nonsense"}, "password": {"short"}})
	a.is(422)
	answer := a.object()
	if text, _ := answer["error"].(string); text != "Validation failed: Username has already been taken, E-mail address is invalid, Password is too short, Agreement must be accepted" {
		t.Errorf("%q", text)
	}
	details, _ := answer["details"].(map[string]any)
	var got []string
	for field, flaws := range details {
		for _, f := range flaws.([]any) {
			if f := f.(map[string]any); f["description"] == "" {
				t.Errorf("%s has no description", field)
			} else {
				got = append(got, field+" "+f["error"].(string))
			}
		}
	}
	slices.Sort(got)
	if want := "agreement ERR_ACCEPTED, email ERR_INVALID, password ERR_TOO_SHORT, username ERR_TAKEN"; strings.Join(got, ", ") != want {
		t.Errorf("%v", got)
	}
}

func TestInstanceSaysWhoMayJoin(t *testing.T) {
	// If this failed, apps would offer to make accounts where nobody can, or not where everybody can.
	v := newVillage(t)
	for mode, want := range map[string]struct{ enabled, approval, invites, reason, message bool }{
		people.RegistrationsOpen:     {true, false, true, false, false},
		people.RegistrationsApproval: {true, true, false, true, false},
		people.RegistrationsInvite:   {false, false, true, false, true},
		people.RegistrationsClosed:   {false, false, false, false, true},
	} {
		check(t, v.People.SetRegistrations(t.Context(), mode))
		r := v.stranger().get("/api/v2/instance").object()["registrations"].(map[string]any)
		for _, field := range []string{"enabled", "approval_required", "reason_required", "message", "min_age", "url"} {
			if _, there := r[field]; !there {
				t.Errorf("registrations have no %s", field)
			}
		}
		if r["enabled"] != want.enabled || r["approval_required"] != want.approval || (r["reason_required"] == true) != want.reason || (r["message"] != nil) != want.message || r["min_age"] != nil {
			t.Errorf("%s: %v", mode, r)
		}
		one := v.stranger().get("/api/v1/instance").object()
		if one["registrations"] != want.enabled || one["approval_required"] != want.approval || one["invites_enabled"] != want.invites {
			t.Errorf("%s: %v %v %v", mode, one["registrations"], one["approval_required"], one["invites_enabled"])
		}
	}
	v.People.MinAge = 16
	r := v.stranger().get("/api/v2/instance").object()["registrations"].(map[string]any)
	if r["min_age"] != float64(16) {
		t.Errorf("min_age %v", r["min_age"])
	}
}

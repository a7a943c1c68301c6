package people

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Flaw is one thing that is wrong with a wish for an account: in which field, named as in
// Mastodon's API, and what.
type Flaw struct{ Field, Code string }

// What may be wrong, in the codes of Mastodon's API.
const (
	FlawBlocked  = "ERR_BLOCKED"
	FlawTaken    = "ERR_TAKEN"
	FlawReserved = "ERR_RESERVED"
	FlawAccepted = "ERR_ACCEPTED"
	FlawBlank    = "ERR_BLANK"
	FlawInvalid  = "ERR_INVALID"
	FlawTooLong  = "ERR_TOO_LONG"
	FlawTooShort = "ERR_TOO_SHORT"
	FlawTooYoung = "ERR_BELOW_LIMIT"
)

// Refusal says everything that is wrong with a wish for an account. It is fault.Unprocessable.
type Refusal struct{ Flaws []Flaw }

// Error is the sentence that clients show.
func (r *Refusal) Error() string { return r.detail() }

// Unwrap is the fault.
func (r *Refusal) Unwrap() error { return fault.New(fault.Unprocessable, "%s", r.detail()) }

func (r *Refusal) detail() string {
	parts := make([]string, len(r.Flaws))
	for i, f := range r.Flaws {
		parts[i] = fieldNames[f.Field] + " " + f.Description()
	}
	return "Validation failed: " + strings.Join(parts, ", ")
}

// fieldNames are the fields of a wish as a sentence begins with them.
var fieldNames = map[string]string{
	"username": "Username", "email": "E-mail address", "password": "Password", "agreement": "Agreement",
	"reason": "Reason", "date_of_birth": "Date of birth",
}

// Description says what is wrong, after the name of the field.
func (f Flaw) Description() string {
	switch f.Code {
	case FlawTaken:
		return "has already been taken"
	case FlawReserved:
		return "is reserved"
	case FlawAccepted:
		return "must be accepted"
	case FlawBlank:
		return "can't be blank"
	case FlawTooLong:
		return "is too long"
	case FlawTooShort:
		return "is too short"
	case FlawTooYoung:
		return "is below the age limit"
	case FlawBlocked:
		return "is from an e-mail provider that is not allowed"
	}
	if f.Field == "username" {
		return "must contain only letters, numbers and underscores"
	}
	return "is invalid"
}

// judge returns the address of a wish in normal form, and what is wrong with the wish. Whether the
// address has an account is not among it.
func (s *Service) judge(ctx context.Context, mode string, w Wish) (email string, refusal *Refusal) {
	refusal = &Refusal{}
	add := func(field, code string) {
		if code != "" {
			refusal.Flaws = append(refusal.Flaws, Flaw{field, code})
		}
	}
	add("username", s.judgeName(ctx, w.Name, w.Invite != ""))
	email, err := NormalizeEmail(strings.TrimSpace(w.Email))
	switch {
	case strings.TrimSpace(w.Email) == "":
		add("email", FlawBlank)
	case err != nil:
		add("email", FlawInvalid)
	case s.checkMailDomain(ctx, email) != nil:
		add("email", FlawBlocked)
	}
	switch {
	case w.Password == "":
		add("password", FlawBlank)
	case len(w.Password) > PasswordBytesMax:
		add("password", FlawTooLong)
	case checkPassword(w.Password) != nil:
		add("password", FlawTooShort)
	}
	if !w.Agreed {
		add("agreement", FlawAccepted)
	}
	reason := strings.TrimSpace(w.Reason)
	switch {
	case utf8.RuneCountInString(reason) > ReasonMax:
		add("reason", FlawTooLong)
	case reason == "" && mode == RegistrationsApproval && w.Invite == "":
		add("reason", FlawBlank)
	}
	switch {
	case s.MinAge == 0:
	case w.Born.IsZero():
		add("date_of_birth", FlawBlank)
	case w.Born.AddDate(s.MinAge, 0, 0).After(time.Now()):
		add("date_of_birth", FlawTooYoung)
	}
	return email, refusal
}

// judgeName tells what is wrong with a name, "" if it can be had. On a private node only who is
// invited is told that it is taken: they will see everybody's name.
func (s *Service) judgeName(ctx context.Context, name string, invited bool) string {
	switch {
	case name == "":
		return FlawBlank
	case utf8.RuneCountInString(name) > ids.LocalNameMax:
		return FlawTooLong
	case !ids.ValidLocalName(name):
		return FlawInvalid
	case reserved(name) != "":
		return FlawReserved
	}
	if s.Private && !invited {
		return ""
	}
	if taken, err := s.Store.NameTaken(ctx, name); err != nil || !taken { // if it is, writing will tell
		return ""
	}
	return FlawTaken
}

package people

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

// If this failed, somebody could sign in with another password, or two people with one password
// would be seen to share it.
func TestPasswordHashMatchesItsPasswordOnly(t *testing.T) {
	h := newHasher()
	one, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, _ := h.hash(t.Context(), "correct horse")
	if one == two {
		t.Error("two hashes of one password are equal: no salt")
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("not a PHC string with its costs: %q", one)
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false} {
		if got, err := h.matches(t.Context(), one, password); got != want || err != nil {
			t.Errorf("matches(%q) = %v, %v, want %v", password, got, err, want)
		}
	}
}

// If this failed, a damaged row of the database would let people in, or take all memory.
func TestPasswordHashDamagedMatchesNothing(t *testing.T) {
	h := newHasher()
	good, _ := h.hash(t.Context(), "correct horse")
	for _, stored := range []string{
		"", "plain", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "m=19456", "m=99999999", 1),
		strings.Replace(good, "m=19456", "m=0", 1), strings.Replace(good, "t=2", "t=1000", 1), good[:len(good)-4],
		strings.Replace(good, "v=19", "v=16", 1), good + "$",
	} {
		if ok, err := h.matches(t.Context(), stored, "correct horse"); ok || err != nil {
			t.Errorf("%q matches: %v, %v", stored, ok, err)
		}
	}
	if ok, _ := h.matches(t.Context(), "", ""); ok {
		t.Error("the empty password of nobody matches")
	}
}

// If this failed, a thousand logins at once would take 19 MB each.
func TestPasswordHashingIsBounded(t *testing.T) {
	h := newHasher()
	if cap(h.slots) != hashesAtOnce {
		t.Fatalf("%d hashes at once", cap(h.slots))
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := h.hash(t.Context(), "correct horse"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(h.slots) != 0 {
		t.Error("a slot was not given back")
	}
}

// If this failed, empty or endless passwords would be taken.
func TestPasswordLengthHasBothLimits(t *testing.T) {
	for password, ok := range map[string]bool{
		"": false, "1234567": false, "12345678": true, "日本語日本語日": false, "日本語日本語日本": true,
		strings.Repeat("x", PasswordBytesMax): true, strings.Repeat("x", PasswordBytesMax+1): false,
	} {
		if err := checkPassword(password); (err == nil) != ok {
			t.Errorf("%d bytes: %v", len(password), err)
		}
	}
}

// If this failed, made passwords could be guessed, or would not pass our own check.
func TestMakePasswordIsLongAndNeverTheSame(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := MakePassword()
		if seen[p] || len(p) != 23 || checkPassword(p) != nil {
			t.Fatalf("bad password %q", p)
		}
		seen[p] = true
	}
}

// If this failed, whoever signs in while many others do, or somebody pretends so, would look at a
// page that stands still for minutes.
func TestWhoeverWaitsTooLongForAHashIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher()
		for range hashesAtOnce {
			h.slots <- struct{}{}
		}
		begun := time.Now()
		_, err := h.hash(t.Context(), "correct horse")
		if !fault.Is(err, fault.Unavailable) || fault.RetryOf(err) != hashWait || time.Since(begun) != hashWait {
			t.Errorf("%v after %s, retry %s", err, time.Since(begun), fault.RetryOf(err))
		}
	})
}

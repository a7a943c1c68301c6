package storage

import (
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// If this failed, whoever has a copy of the database would have everybody's codes and the tokens of
// their programs, or nobody could sign in with codes after the node is upgraded or its key renewed.
func TestSecretsAreSealed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		var app App
		var token Token
		s.do(t, func(tx *Tx) (err error) {
			if app, err = tx.CreateApp(ctx, App{ClientID: "c", Name: "app"}); err != nil {
				return err
			}
			token, err = tx.CreateToken(ctx, Token{Hash: "h", AppID: app.ID, AccountID: ana.ID})
			return err
		})
		put := func() {
			s.do(t, func(tx *Tx) error {
				if err := tx.OfferSecondFactor(ctx, ana.ID, "ORSXG5A"); err != nil {
					return err
				}
				_, err := tx.PutPushSubscription(ctx, PushSubscription{TokenID: token.ID, AccountID: ana.ID, Endpoint: "https://push.example/1",
					P256dh: []byte{4}, Auth: []byte("sixteen bytes..."), Policy: PushFromAll, AccessToken: "the-token"})
				return err
			})
		}
		raw := func() string {
			f, p := must(s.SecondFactor(ctx, ana.ID)), must(s.PushSubscriptionOf(ctx, token.ID))
			return f.Sealed + " " + p.AccessToken + " " + string(p.Auth)
		}
		reads := func(when, key string) {
			t.Helper()
			secret := must(s.FactorSecret(must(s.SecondFactor(ctx, ana.ID))))
			p := must(s.OpenPush(must(s.PushSubscriptionOf(ctx, token.ID))))
			if secret != "ORSXG5A" || p.AccessToken != "the-token" || string(p.Auth) != "sixteen bytes..." {
				t.Errorf("%s: %q %+v", when, secret, p)
			}
			if text := raw(); strings.Count(text, sealPrefix+key+".") != 3 || strings.Contains(text, "ORSXG5A") || strings.Contains(text, "the-token") {
				t.Errorf("%s, in the database: %s", when, text)
			}
		}
		first, second := NewSecrets(), NewSecrets()
		mustDo(t, s.Unlock(ctx, second)) // nothing is sealed, so that it may be lost
		if with := must(s.SealedWith(ctx)); with != "" {
			t.Errorf("sealed with %s", with)
		}
		// As the version before kept it.
		mustDo(t, s.Unlock(ctx, first))
		put()
		s.do(t, func(tx *Tx) error {
			if _, err := tx.exec(ctx, `DELETE FROM setting WHERE key = ?`, settingSecrets); err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `UPDATE second_factor SET secret = 'ORSXG5A'`); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `UPDATE push_subscription SET access_token = 'the-token', auth = ?`, []byte("sixteen bytes..."))
			return err
		})
		mustDo(t, s.Unlock(ctx, first))
		reads("after an upgrade", first.Name())
		put()
		reads("written anew", first.Name())
		s.do(t, func(tx *Tx) error { return tx.PutSetting(ctx, settingSecrets, []byte("of another process")) })
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.OfferSecondFactor(ctx, ana.ID, "OTHER") }); !fault.Is(err, fault.Unavailable) {
			t.Errorf("two processes seal with two keys: %v", err)
		}
		s.do(t, func(tx *Tx) error { return tx.PutSetting(ctx, settingSecrets, []byte(first.Name())) })
		if err := s.Unlock(ctx, second); !fault.Is(err, fault.Conflict) {
			t.Errorf("another key: %v", err)
		}
		reads("after a wrong key", first.Name())
		both := must(ParseSecrets(second.Text() + first.Text()))
		mustDo(t, s.Unlock(ctx, both))
		reads("with a new key", second.Name())
		mustDo(t, s.Unlock(ctx, second))
		reads("without the old one", second.Name())
		s.do(t, func(tx *Tx) error { // somebody who writes into the database gives ana a secret of theirs
			_, err := tx.exec(ctx, `UPDATE second_factor SET secret = ?`, s.secrets.Load().keys[0].seal("ORSXG5A", factorPlace(ana.ID+1)))
			return err
		})
		if secret, err := s.FactorSecret(must(s.SecondFactor(ctx, ana.ID))); err == nil {
			t.Errorf("what is sealed for another opens: %s", secret)
		}
		if n := must(s.ForgetSecrets(ctx)); n != 1 {
			t.Errorf("%d people used codes", n)
		}
		mustDo(t, s.Unlock(ctx, first))
		if _, err := s.SecondFactor(ctx, ana.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("what cannot be opened is left: %v", err)
		}
	})
}

// If this failed, a process that starts with another key while the first secret is being sealed
// would make that key the one of the database, and nobody could open the secret.
func TestTheFirstSecretIsNotSealedWithAKeyThatIsGone(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx, ana := t.Context(), village{t, s}.local("ana")
		mustDo(t, s.Unlock(ctx, NewSecrets()))
		started := make(chan error, 1)
		s.do(t, func(tx *Tx) error {
			if err := tx.OfferSecondFactor(ctx, ana.ID, "ORSXG5A"); err != nil {
				return err
			}
			go func() { started <- other.Unlock(ctx, NewSecrets()) }()
			select {
			case err := <-started: // it must not have an answer before this is written
				started <- err
			case <-time.After(100 * time.Millisecond):
			}
			return nil
		})
		if err := <-started; !fault.Is(err, fault.Conflict) {
			t.Errorf("another key is taken: %v", err)
		}
		if secret := must(s.FactorSecret(must(s.SecondFactor(ctx, ana.ID)))); secret != "ORSXG5A" {
			t.Errorf("the secret is %q", secret)
		}
	})
}

// If this failed, whoever copies the database could try all recovery codes against their hashes, or
// those that people wrote down would be worth nothing after the upgrade or with a new key.
func TestRecoveryCodesAreSealed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, v := t.Context(), village{t, s}
		ana := v.local("ana")
		first, second := NewSecrets(), NewSecrets()
		mustDo(t, s.Unlock(ctx, first))
		s.do(t, func(tx *Tx) error { return tx.ReplaceRecoveryCodes(ctx, ana.ID, []string{"r1", "r2", "r3"}) })
		s.do(t, func(tx *Tx) error { // as the version before kept it
			_, err := tx.exec(ctx, `INSERT INTO recovery_code (account_id, code_hash) VALUES (?, 'old')`, ana.ID)
			return err
		})
		sealed := func(with Secrets) {
			t.Helper()
			if n := v.count(`SELECT COUNT(*) FROM recovery_code WHERE code_hash LIKE '` + sealPrefix + with.Name() + `.%'`); n != must(s.RecoveryCodes(ctx, ana.ID)) {
				t.Errorf("%d are sealed", n)
			}
		}
		take := func(hash string, want fault.Code) {
			t.Helper()
			if err := s.Tx(ctx, func(tx *Tx) error { return tx.TakeRecoveryCode(ctx, ana.ID, hash) }); fault.CodeOf(err) != want {
				t.Errorf("%s: %v", hash, err)
			}
		}
		mustDo(t, s.Unlock(ctx, first))
		sealed(first)
		take("old", "")
		take("old", fault.NotFound)
		take("r1", "")
		mustDo(t, s.Unlock(ctx, must(ParseSecrets(second.Text()+first.Text()))))
		sealed(second)
		mustDo(t, s.Unlock(ctx, second))
		take("r1", fault.NotFound)
		take("r2", "")
		if left := must(s.RecoveryCodes(ctx, ana.ID)); left != 1 {
			t.Errorf("%d are left", left)
		}
	})
}

// If this failed, a damaged file of keys would be taken for one, or said aloud in an error.
func TestOnlyKeysAreSecrets(t *testing.T) {
	good := strings.TrimSpace(NewSecrets().Text())
	for text, ok := range map[string]bool{
		good: true, "# mine\n\n  " + good + "  \r\n": true, good + "\n" + good + "\n": true, good + "=": true,
		"": false, "# nothing": false, good[1:]: false, good + "A": false, "password": false, strings.Repeat(good+"\n", secretsMax+1): false,
	} {
		got, err := ParseSecrets(text)
		if (err == nil) != ok || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), good[2:10]) {
			t.Errorf("the key is in the error: %v", err)
		}
		if ok && (len(got.keys) == 0 || got.String() != "secrets") {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// If this failed, a session that is used would end, or one that was copied would never.
func TestSessionLastsAsLongAsItIsUsed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		var made Session
		s.do(t, func(tx *Tx) (err error) {
			made, err = tx.CreateSession(ctx, Session{Hash: "h", AccountID: ana.ID})
			return err
		})
		if got := made.ExpiresAt - made.CreatedAt; got != Millis(SessionFor.Milliseconds()) {
			t.Errorf("lasts for %d", got)
		}
		for days, want := range map[int64]int64{10: 24, 170: 180, 175: 180} { // begun so many days ago
			day := int64(24 * 3600 * 1000)
			begun := Now() - Millis(days*day)
			s.do(t, func(tx *Tx) error {
				if _, err := tx.exec(ctx, `UPDATE session SET created_at = ?, expires_at = ?`, begun, Now()+60_000); err != nil {
					return err
				}
				return tx.TouchSession(ctx, "h", "")
			})
			left := int64(must(s.SessionByHash(ctx, "h")).ExpiresAt - begun)
			if off := left - want*day; off < -5000 || off > 60_000 {
				t.Errorf("begun %d days ago it lasts until %f days, want %d", days, float64(left)/float64(day), want)
			}
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.exec(ctx, `UPDATE session SET expires_at = ?`, Now()-1); err != nil {
				return err
			}
			return tx.TouchSession(ctx, "h", "")
		})
		if _, err := s.SessionByHash(ctx, "h"); !fault.Is(err, fault.NotFound) {
			t.Errorf("what was over goes on: %v", err)
		}
	})
}

// If this failed, those who run a node would not see who waits, behind those who were let in.
func TestWhoIsUndecidedIsListed(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		s.do(t, func(tx *Tx) error {
			for _, name := range []string{"a", "b", "c", "d"} {
				made, err := tx.CreateSignup(ctx, Signup{Name: name, Email: name + "@mail.example", ConfirmedAt: Now()})
				if err != nil {
					return err
				}
				if name < "c" {
					made.ApprovedAt = Now()
					if err := tx.UpdateSignup(ctx, made); err != nil {
						return err
					}
				}
			}
			_, err := tx.DenySignup(ctx, Signup{Name: "d", Email: "e@mail.example"})
			return err
		})
		first := must(s.SignupsUndecided(ctx, 0, 1))
		rest := must(s.SignupsUndecided(ctx, first[0].ID, 10))
		if len(rest) != 1 || first[0].Name != "c" || rest[0].Name != "d" {
			t.Errorf("%+v, then %+v", first, rest)
		}
	})
}

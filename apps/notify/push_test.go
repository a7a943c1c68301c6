package notify

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// program is somebody's program with a place at a push service, both in this test.
type program struct {
	key  *ecdh.PrivateKey
	auth []byte
}

func newProgram(t testing.TB) program {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	check(t, err)
	return program{key, []byte(rand.Text()[:16])}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	check(t, err)
	return b
}

// derive is HKDF with SHA-256.
func derive(t testing.TB, secret, salt []byte, info string, size int) []byte {
	t.Helper()
	key, err := hkdf.Key(sha256.New, secret, salt, info, size)
	check(t, err)
	return key
}

// open decrypts a message in the way of RFC 8291 and RFC 8188: one record, padded with zeros after
// a 2.
func (p program) open(t testing.TB, body []byte) []byte {
	t.Helper()
	salt, size, sender := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])]
	record := body[21+len(sender):]
	if len(record) > int(size) {
		t.Fatalf("a record of %d bytes, %d were said", len(record), size)
	}
	theirs, err := ecdh.P256().NewPublicKey(sender)
	check(t, err)
	shared, err := p.key.ECDH(theirs)
	check(t, err)
	secret := derive(t, shared, p.auth, "WebPush: info\x00"+string(p.key.PublicKey().Bytes())+string(sender), 32)
	text := p.unseal(t, derive(t, secret, salt, "Content-Encoding: aes128gcm\x00", 16), derive(t, secret, salt, "Content-Encoding: nonce\x00", 12), record)
	text = []byte(strings.TrimRight(string(text), "\x00"))
	if len(text) == 0 || text[len(text)-1] != 2 {
		t.Fatal("the record does not say that it is the last")
	}
	return text[:len(text)-1]
}

// openLegacy decrypts a message in the way of draft-ietf-webpush-encryption-04, with what its
// headers say.
func (p program) openLegacy(t testing.TB, header http.Header, body []byte) []byte {
	t.Helper()
	salt, _ := strings.CutPrefix(header.Get("Encryption"), "salt=")
	dh, _, _ := strings.Cut(strings.TrimPrefix(header.Get("Crypto-Key"), "dh="), ";")
	sender := decode(t, dh)
	theirs, err := ecdh.P256().NewPublicKey(sender)
	check(t, err)
	shared, err := p.key.ECDH(theirs)
	check(t, err)
	secret := derive(t, shared, p.auth, "Content-Encoding: auth\x00", 32)
	context := "P-256\x00\x00\x41" + string(p.key.PublicKey().Bytes()) + "\x00\x41" + string(sender)
	text := p.unseal(t, derive(t, secret, decode(t, salt), "Content-Encoding: aesgcm\x00"+context, 16),
		derive(t, secret, decode(t, salt), "Content-Encoding: nonce\x00"+context, 12), body)
	return text[2+binary.BigEndian.Uint16(text):]
}

func (p program) unseal(t testing.TB, key, nonce, sealed []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	check(t, err)
	gcm, err := cipher.NewGCM(block)
	check(t, err)
	text, err := gcm.Open(nil, nonce, sealed, nil)
	check(t, err)
	return text
}

// If this failed, what the tests below decrypt would prove nothing.
func TestDecryptionOfTheTestsReadsTheExamplesOfTheSpecifications(t *testing.T) {
	key, err := ecdh.P256().NewPrivateKey(decode(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	check(t, err)
	rfc8291 := program{key, decode(t, "BTBZMqHH6r4Tts7J_aSIgg")}
	if got := rfc8291.open(t, decode(t, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"+
		"yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")); string(got) != "When I grow up, I want to be a watermelon" {
		t.Errorf("RFC 8291, section 5: %q", got)
	}
	key, err = ecdh.P256().NewPrivateKey(decode(t, "9FWl15_QUQAWDaD3k3l50ZBZQJ4au27F1V4F0uLSD_M"))
	check(t, err)
	draft := program{key, decode(t, "R29vIGdvbyBnJyBqb29iIQ")}
	header := http.Header{"Encryption": {"salt=lngarbyKfMoi9Z75xYXmkg"},
		"Crypto-Key": {"dh=BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU"}}
	const sealed, text = "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA", "I am the walrus"
	if got := draft.openLegacy(t, header, decode(t, sealed)); string(got) != text {
		t.Errorf("the draft: %q", got)
	}
	sender, err := ecdh.P256().NewPrivateKey(decode(t, "nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"))
	check(t, err)
	got, err := sealLegacy([]byte(text), key.PublicKey().Bytes(), draft.auth, sender, decode(t, "lngarbyKfMoi9Z75xYXmkg"))
	check(t, err)
	if encode(got) != sealed {
		t.Errorf("encrypted as in the draft: %s, want %s", encode(got), sealed)
	}
}

// service is a push service on a network in memory, and a node's pushes. The clock is fake.
type service struct {
	house
	push   *Push
	writer PushWriter

	mu     sync.Mutex
	came   []*http.Request
	bodies [][]byte
	answer func(w http.ResponseWriter) // nil: 201
}

const endpoint = "http://push.example/box/1"

// pushing runs a test with a service.
func pushing(t *testing.T, test func(t *testing.T, s *service)) {
	t.Helper()
	url := storagetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		store, err := storage.Open(t.Context(), url, slog.New(slog.DiscardHandler))
		check(t, err)
		defer store.Close()
		s := &service{house: house{New(store), t}, writer: writer{Title: "Ben mentioned you", Body: "hello", Icon: "https://harbor.example/a.png", Locale: "en"}}
		wire := make(chan net.Conn)
		server := &http.Server{Handler: http.HandlerFunc(s.take)}
		go server.Serve(pipes{wire})
		defer server.Close()
		client := fetch.New(fetch.Config{UserAgent: "test", AllowPrivate: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			wire <- theirs
			return ours, nil
		}})
		defer client.Close()
		s.push, err = NewPush(t.Context(), PushDeps{Store: store, Client: client, Subscriber: "https://harbor.example", Log: slog.New(slog.DiscardHandler)})
		check(t, err)
		test(t, s)
		client.Close()
		server.Close()
	})
}

// pipes is a listener for connections in memory.
type pipes struct{ wire chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p.wire
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p.wire); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (s *service) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	check(s.t, err)
	s.mu.Lock()
	s.came, s.bodies = append(s.came, r), append(s.bodies, body)
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// answers sets the answer from now on; nil is 201.
func (s *service) answers(answer func(w http.ResponseWriter)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// count is how many messages came.
func (s *service) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.came)
}

// says is an answer.
func says(status int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// writer says the same of everything, or nothing.
type writer PushNote

func (w writer) WritePush(context.Context, storage.Notification) (PushNote, error) {
	if w.Title == "" {
		return PushNote{}, fault.New(fault.NotFound, "hidden by a filter")
	}
	return PushNote(w), nil
}

// token gives somebody's program a token.
func (h house) token(of storage.Account) (t storage.Token) {
	h.t.Helper()
	h.do(func(tx *storage.Tx) (err error) {
		app, err := tx.CreateApp(h.t.Context(), storage.App{ClientID: rand.Text(), Name: "app"})
		if err != nil {
			return err
		}
		t, err = tx.CreateToken(h.t.Context(), storage.Token{Hash: rand.Text(), AppID: app.ID, AccountID: of.ID, Scopes: "push"})
		return err
	})
	return t
}

// subscribe subscribes for everything, with changes.
func (s *service) subscribe(of storage.Account, p program, change func(n *NewSubscription)) (storage.Token, storage.PushSubscription) {
	s.t.Helper()
	token := s.token(of)
	n := NewSubscription{Endpoint: endpoint, P256dh: encode(p.key.PublicKey().Bytes()), Auth: encode(p.auth), Standard: true,
		Alerts: storage.NotificationTypes(), AccessToken: "secret of " + of.Name}
	if change != nil {
		change(&n)
	}
	subscription, err := s.push.Subscribe(s.t.Context(), token, n)
	check(s.t, err)
	return token, subscription
}

// work does the jobs that are due, as the node's workers do.
func (s *service) work() {
	s.t.Helper()
	do := s.push.Sender(s.writer)
	lanes, err := s.store.ClaimLanes(s.t.Context(), queueWork, 10)
	check(s.t, err)
	for _, lane := range lanes {
		for _, job := range lane.Jobs {
			check(s.t, do(s.t.Context(), job))
		}
		s.do(func(tx *storage.Tx) error {
			for _, job := range lane.Jobs {
				if err := tx.FinishJob(s.t.Context(), job.ID); err != nil {
					return err
				}
			}
			return tx.ReleaseLane(s.t.Context(), lane)
		})
	}
}

// waiting is when the next message is due; zero: none waits.
func (s *service) waiting() time.Time {
	s.t.Helper()
	at, _, err := s.store.NextLane(s.t.Context(), queueWork)
	check(s.t, err)
	lanes, err := s.store.QueueDepths(s.t.Context())
	check(s.t, err)
	if !slices.ContainsFunc(lanes, func(d storage.QueueDepth) bool { return d.Queue == queueWork && d.Jobs > 0 }) {
		return time.Time{}
	}
	return at
}

// A push service could read what somebody is told, programs could not, or they would not know whom
// it is for.
func TestWhatIsPushedIsForTheProgramAlone(t *testing.T) {
	for name, standard := range map[string]bool{"aes128gcm": true, "aesgcm": false} {
		t.Run(name, func(t *testing.T) {
			pushing(t, func(t *testing.T, s *service) {
				ana, ben, p := s.person("ana", ""), s.person("ben", ""), newProgram(t)
				s.subscribe(ana, p, func(n *NewSubscription) { n.Standard = standard })
				s.tell(ana, ben, storage.NotifyMention)
				s.work()
				if s.count() != 1 {
					t.Fatalf("%d messages came", s.count())
				}
				r, body := s.came[0], s.bodies[0]
				if r.Method != http.MethodPost || r.URL.Path != "/box/1" || r.Header.Get("Content-Encoding") != name ||
					r.Header.Get("TTL") != "172800" || r.Header.Get("Urgency") != "normal" || strings.Contains(string(body), "hello") {
					t.Errorf("request: %s %s %v", r.Method, r.URL, r.Header)
				}
				var text []byte
				if standard {
					text = p.open(t, body)
				} else {
					text = p.openLegacy(t, r.Header, body)
				}
				var got map[string]any
				check(t, json.Unmarshal(text, &got))
				told, err := s.List(t.Context(), ana, storage.NotificationFilter{}, storage.Page{})
				check(t, err)
				id, _ := got["notification_id"].(float64)
				if int64(id)>>10 != told[0].ID>>10 { // the figures of a float64 end before
					t.Errorf("it is about %v, want %d", got["notification_id"], told[0].ID)
				}
				delete(got, "notification_id")
				want := map[string]any{"access_token": "secret of ana", "preferred_locale": "en", "notification_type": "mention",
					"icon": "https://harbor.example/a.png", "title": "Ben mentioned you", "body": "hello"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				s.verify(r, standard)
			})
		})
	}
}

// verify checks the signature of a request (RFC 8292, or the draft before it).
func (s *service) verify(r *http.Request, standard bool) {
	t := s.t
	t.Helper()
	key, err := base64.URLEncoding.DecodeString(s.push.PublicKey())
	check(t, err)
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "WebPush ")
	if standard {
		var said string
		token, said, ok = strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "vapid t="), ", k=")
		ok = ok && said == encode(key)
	} else {
		ok = ok && strings.HasSuffix(r.Header.Get("Crypto-Key"), ";p256ecdsa="+encode(key))
	}
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		t.Fatalf("signed with %v", r.Header)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	check(t, err)
	digest, signature := sha256.Sum256([]byte(parts[0]+"."+parts[1])), decode(t, parts[2])
	if !ecdsa.Verify(point, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature does not verify")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	check(t, json.Unmarshal(decode(t, parts[1]), &claims))
	if lasts := time.Until(time.Unix(claims.Exp, 0)); claims.Aud != "http://push.example" || claims.Sub != "https://harbor.example" ||
		lasts <= 0 || lasts > 24*time.Hour {
		t.Errorf("it claims %+v", claims)
	}
}

// The program would get a message after its token was revoked or its person suspended, or of
// somebody who was blocked or muted meanwhile, or what a policy or a filter holds back.
func TestWhatBecameVoidIsNotPushed(t *testing.T) {
	for name, change := range map[string]func(tx *storage.Tx, token storage.Token, ana, ben storage.Account) error{
		"nothing": func(*storage.Tx, storage.Token, storage.Account, storage.Account) error { return nil },
		"the token": func(tx *storage.Tx, token storage.Token, _, _ storage.Account) error {
			return tx.RevokeToken(context.Background(), token.Hash, token.AppID)
		},
		"the subscription": func(tx *storage.Tx, token storage.Token, _, _ storage.Account) error {
			return tx.DeletePushSubscription(context.Background(), token.ID)
		},
		"the person": func(tx *storage.Tx, _ storage.Token, ana, _ storage.Account) error {
			return tx.SetSuspended(context.Background(), ana.ID, true)
		},
		"the sender": func(tx *storage.Tx, _ storage.Token, _, ben storage.Account) error {
			return tx.SetSuspended(context.Background(), ben.ID, true)
		},
		"the notifications": func(tx *storage.Tx, _ storage.Token, ana, _ storage.Account) error {
			return tx.ClearNotifications(context.Background(), ana.ID)
		},
		"a block": func(tx *storage.Tx, _ storage.Token, ana, ben storage.Account) error {
			_, err := tx.PutBlock(context.Background(), ana.ID, ben.ID, "")
			return err
		},
		"a mute": func(tx *storage.Tx, _ storage.Token, ana, ben storage.Account) error {
			return tx.PutMute(context.Background(), storage.Mute{AccountID: ana.ID, TargetID: ben.ID, Notifications: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			pushing(t, func(t *testing.T, s *service) {
				ana, ben := s.person("ana", ""), s.person("ben", "")
				token, _ := s.subscribe(ana, newProgram(t), nil)
				s.tell(ana, ben, storage.NotifyMention)
				s.do(func(tx *storage.Tx) error { return change(tx, token, ana, ben) })
				s.work()
				want := 0
				if name == "nothing" {
					want = 1
				}
				if s.count() != want || !s.waiting().IsZero() {
					t.Errorf("%d messages came, and more on %s", s.count(), s.waiting())
				}
			})
		})
	}
	t.Run("a filter", func(t *testing.T) {
		pushing(t, func(t *testing.T, s *service) {
			ana, ben := s.person("ana", ""), s.person("ben", "")
			s.subscribe(ana, newProgram(t), nil)
			s.tell(ana, ben, storage.NotifyMention)
			s.writer = writer{}
			s.work()
			if s.count() != 0 || !s.waiting().IsZero() {
				t.Errorf("%d messages came", s.count())
			}
		})
	})
	t.Run("a policy", func(t *testing.T) {
		pushing(t, func(t *testing.T, s *service) {
			ana, ben := s.person("ana", ""), s.person("ben", "")
			s.subscribe(ana, newProgram(t), nil)
			s.do(func(tx *storage.Tx) error {
				return tx.PutPolicy(t.Context(), storage.NotificationPolicy{AccountID: ana.ID, NotFollowing: storage.PolicyFilter,
					NotFollowers: storage.PolicyAccept, NewAccounts: storage.PolicyAccept, PrivateMentions: storage.PolicyAccept, LimitedAccounts: storage.PolicyFilter})
			})
			s.tell(ana, ben, storage.NotifyMention)
			s.work()
			if s.count() != 0 {
				t.Errorf("%d messages came", s.count())
			}
		})
	})
}

// A place that is gone would be asked for ever, one that is down for a moment would miss messages,
// or a node would hammer a service that asks it to wait.
func TestFailuresOfAPushServiceAreJudged(t *testing.T) {
	for name, c := range map[string]struct {
		answer     func(http.ResponseWriter)
		subscribed bool
		again      time.Duration // 0: never
	}{
		"gone":             {says(http.StatusGone), false, 0},
		"not found":        {says(http.StatusNotFound), false, 0},
		"busy":             {says(http.StatusTooManyRequests, "Retry-After", "600"), true, 10 * time.Minute},
		"busy for ever":    {says(http.StatusTooManyRequests, "Retry-After", "99999999"), true, fetch.RetryMax},
		"broken":           {says(http.StatusBadGateway), true, pushRetryFirst},
		"not understood":   {says(http.StatusBadRequest), true, 0},
		"not allowed":      {says(http.StatusForbidden), true, 0},
		"too large":        {says(http.StatusRequestEntityTooLarge), true, 0},
		"moved":            {says(http.StatusFound, "Location", "http://127.0.0.1/"), true, 0},
		"never an answer":  {func(http.ResponseWriter) { time.Sleep(pushWithin + time.Second) }, true, pushRetryFirst},
		"taken, not asked": {says(http.StatusAccepted), true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			pushing(t, func(t *testing.T, s *service) {
				ana, ben := s.person("ana", ""), s.person("ben", "")
				token, _ := s.subscribe(ana, newProgram(t), nil)
				s.answers(c.answer)
				s.tell(ana, ben, storage.NotifyMention)
				start := time.Now()
				s.work()
				if took := time.Since(start); took > pushWithin {
					t.Errorf("it took %s", took)
				}
				if _, err := s.push.Subscription(t.Context(), token); (err == nil) != c.subscribed {
					t.Errorf("subscription: %v", err)
				}
				next := s.waiting()
				if next.IsZero() != (c.again == 0) {
					t.Fatalf("the next attempt is at %s", next)
				}
				if c.again == 0 {
					return
				}
				if wait := next.Sub(start); wait < c.again || wait > c.again+pushWithin {
					t.Errorf("the next attempt is after %s, want %s", wait, c.again)
				}
				s.answers(nil)
				s.work()
				if s.count() > 1 {
					t.Error("it was asked again before its time")
				}
				time.Sleep(time.Until(next))
				s.work()
				kept, err := s.push.Subscription(t.Context(), token)
				if err != nil || s.count() != 2 || kept.Failures != 0 || kept.RetryAt != 0 || !s.waiting().IsZero() {
					t.Errorf("afterwards %d messages came, %d failures, %v", s.count(), kept.Failures, err)
				}
			})
		})
	}
}

// A person's other notifications would each find out anew that their service is down, and a dead
// one would be kept for ever.
func TestAServiceThatIsDownIsLeftAloneAndGivenUp(t *testing.T) {
	pushing(t, func(t *testing.T, s *service) {
		ana, ben := s.person("ana", ""), s.person("ben", "")
		token, _ := s.subscribe(ana, newProgram(t), nil)
		s.answers(says(http.StatusServiceUnavailable))
		for _, kind := range []string{storage.NotifyMention, storage.NotifyFollow, storage.NotifyLike} {
			s.tell(ana, ben, kind)
		}
		s.work()
		s.tell(ana, ben, storage.NotifyStatus)
		s.work()
		if s.count() != 1 {
			t.Errorf("%d were sent to a service that is down", s.count())
		}
		begun := time.Now()
		for next := s.waiting(); !next.IsZero(); next = s.waiting() {
			time.Sleep(time.Until(next))
			s.work()
		}
		if lasted := time.Since(begun); lasted > pushFor || lasted < pushFor-pushRetryMax || s.count() > 15 {
			t.Errorf("it was tried for %s, %d times", lasted, s.count())
		}
		for range 8 {
			time.Sleep(24 * time.Hour)
			s.do(func(tx *storage.Tx) error { return tx.ClearNotifications(t.Context(), ana.ID) })
			s.tell(ana, ben, storage.NotifyMention)
			s.work()
		}
		if _, err := s.push.Subscription(t.Context(), token); !fault.Is(err, fault.NotFound) {
			t.Errorf("after a week of failures: %v", err)
		}
	})
}

// One popular post would fill the queue, and a locked screen.
func TestFewMessagesWaitForOnePerson(t *testing.T) {
	pushing(t, func(t *testing.T, s *service) {
		ana := s.person("ana", "")
		s.subscribe(ana, newProgram(t), nil)
		s.do(func(tx *storage.Tx) error {
			for n := range pushesWaitingMax + 20 {
				if err := push(t.Context(), tx, storage.Notification{ID: int64(n + 1), AccountID: ana.ID, FromID: ana.ID, Type: storage.NotifyLike}); err != nil {
					return err
				}
			}
			return nil
		})
		depths, err := s.store.QueueDepths(t.Context())
		check(t, err)
		if depths[0].Queue != queueWork || depths[0].Jobs != pushesWaitingMax {
			t.Errorf("waiting: %+v", depths)
		}
	})
}

// Programs would be told of what they did not ask for.
func TestAlertsAndPolicyDecideWhatIsPushed(t *testing.T) {
	for name, c := range map[string]struct {
		policy string
		alerts []string
		want   int
	}{
		"other alerts":          {"", []string{storage.NotifyFollow}, 0},
		"no alerts":             {"", nil, 0},
		"unknown alerts":        {"", []string{"nonsense"}, 0},
		"this alert":            {"all", []string{storage.NotifyFollow, storage.NotifyMention}, 2},
		"from nobody":           {"none", []string{storage.NotifyMention}, 0},
		"from whom they follow": {"followed", []string{storage.NotifyMention}, 1},
		"from who follows them": {"follower", []string{storage.NotifyMention}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			pushing(t, func(t *testing.T, s *service) {
				ana, ben, cal := s.person("ana", ""), s.person("ben", ""), s.person("cal", "")
				s.do(func(tx *storage.Tx) error {
					_, err := tx.PutFollow(t.Context(), storage.Follow{AccountID: ana.ID, TargetID: ben.ID, Accepted: true, URI: "x"})
					if err != nil {
						return err
					}
					_, err = tx.PutFollow(t.Context(), storage.Follow{AccountID: cal.ID, TargetID: ana.ID, Accepted: true, URI: "y"})
					return err
				})
				s.subscribe(ana, newProgram(t), func(n *NewSubscription) { n.Policy, n.Alerts = c.policy, c.alerts })
				s.tell(ana, ben, storage.NotifyMention)
				s.tell(ana, cal, storage.NotifyMention)
				s.work()
				if s.count() != c.want {
					t.Errorf("%d messages came, want %d", s.count(), c.want)
				}
			})
		})
	}
}

// A node would encrypt for keys that are none, push twice to one program, or connect to its own
// network for whoever asks (A052, A054).
func TestA052A054OnlyUsableSubscriptionsAreTaken(t *testing.T) {
	pushing(t, func(t *testing.T, s *service) {
		ana, p := s.person("ana", ""), newProgram(t)
		token := s.token(ana)
		good := NewSubscription{Endpoint: endpoint, P256dh: encode(p.key.PublicKey().Bytes()), Auth: encode(p.auth)}
		for name, change := range map[string]func(n *NewSubscription){
			"no endpoint":       func(n *NewSubscription) { n.Endpoint = "" },
			"no URL":            func(n *NewSubscription) { n.Endpoint = "push.example" },
			"a file":            func(n *NewSubscription) { n.Endpoint = "file:///etc/passwd" },
			"a name in it":      func(n *NewSubscription) { n.Endpoint = "https://ana:secret@push.example/" },
			"no key":            func(n *NewSubscription) { n.P256dh = "" },
			"no point":          func(n *NewSubscription) { n.P256dh = encode(append([]byte{4}, make([]byte, 64)...)) },
			"half a key":        func(n *NewSubscription) { n.P256dh = n.P256dh[:40] },
			"no base64":         func(n *NewSubscription) { n.P256dh = "!" + n.P256dh[1:] },
			"a short secret":    func(n *NewSubscription) { n.Auth = n.Auth[:8] },
			"a long secret":     func(n *NewSubscription) { n.Auth += n.Auth },
			"an unknown policy": func(n *NewSubscription) { n.Policy = "some" },
		} {
			n := good
			change(&n)
			if _, err := s.push.Subscribe(t.Context(), token, n); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		padded := good
		padded.P256dh = base64.StdEncoding.EncodeToString(p.key.PublicKey().Bytes())
		padded.Auth = base64.StdEncoding.EncodeToString(p.auth)
		for _, n := range []NewSubscription{good, padded, good} {
			if _, err := s.push.Subscribe(t.Context(), token, n); err != nil {
				t.Errorf("%+v: %v", n, err)
			}
		}
		strict, err := NewPush(t.Context(), PushDeps{Store: s.store, Client: fetch.New(fetch.Config{}), Log: slog.New(slog.DiscardHandler)})
		check(t, err)
		for _, inside := range []string{"http://push.example/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
			"https://printer/", "https://10.0.0.1/", "https://push.example:22/", "https://169.254.169.254/latest/meta-data"} {
			n := good
			n.Endpoint = inside
			if _, err := strict.Subscribe(t.Context(), token, n); !fault.Is(err, fault.Unprocessable) {
				t.Errorf("%s: %v", inside, err)
			}
		}
		if strict.PublicKey() != s.push.PublicKey() {
			t.Error("the key changed with the next start")
		}
	})
}

// A subscription from before a node was made strict would reach its own network; names that change
// their address are fetch's matter (A054).
func TestA054EndpointsAreJudgedAgainWhenTheyAreAsked(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ana, ben, p := h.person("ana", ""), h.person("ben", ""), newProgram(t)
		var reached atomic.Bool
		inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
		defer inside.Close()
		token := h.token(ana)
		for _, private := range []bool{true, false} {
			pushes, err := NewPush(t.Context(), PushDeps{Store: h.store, Client: fetch.New(fetch.Config{AllowPrivate: private}), Subscriber: "x@y",
				Log: slog.New(slog.DiscardHandler)})
			check(t, err)
			if private {
				_, err = pushes.Subscribe(t.Context(), token, NewSubscription{Endpoint: inside.URL, Auth: encode(p.auth),
					P256dh: encode(p.key.PublicKey().Bytes()), Alerts: storage.NotificationTypes()})
				check(t, err)
				continue
			}
			h.tell(ana, ben, storage.NotifyMention)
			lanes, err := h.store.ClaimLanes(t.Context(), queueWork, 1)
			check(t, err)
			check(t, pushes.Sender(writer{Title: "x"})(t.Context(), lanes[0].Jobs[0]))
			if s, err := pushes.Subscription(t.Context(), token); err != nil || s.Failures != 1 || reached.Load() {
				t.Errorf("%+v, %v, reached %v", s, err, reached.Load())
			}
		}
	})
}

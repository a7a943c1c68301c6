package notify

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

const (
	// JobPush is the kind of job that tells one program of one notification.
	JobPush = "notify.push"
	// queueWork is the queue of the node's background jobs.
	queueWork = "work"

	// pushFor is how long a notification is worth pushing, here and at the push service: what is two
	// days old is read in the program. It is Mastodon's figure.
	pushFor = 48 * time.Hour
	// pushWithin bounds one request. Push services answer in a tenth of a second, and whoever names
	// a place that never answers holds up a worker.
	pushWithin = 10 * time.Second
	// pushesWaitingMax is how many messages for one program wait at a time; more than that nobody
	// reads on a locked screen, and one post may get ten thousand likes.
	pushesWaitingMax = 100
	// pushRetryFirst is the pause after the first failure of an endpoint, pushRetryMax the longest;
	// each is pushRetryGrowth times the one before.
	pushRetryFirst  = time.Minute
	pushRetryGrowth = 4
	pushRetryMax    = 6 * time.Hour
	// pushGiveUp is how long an endpoint may fail before its subscription is removed.
	pushGiveUp = 7 * 24 * time.Hour

	// A message fits into the 4 kB that every push service takes (RFC 8030 §7.2).
	pushTitleMax = 200 // characters; names of people are shorter
	pushBodyMax  = 140 // as in Mastodon
	pushIconMax  = 1000
)

// pushJob is the payload of JobPush.
type pushJob struct {
	Subscription int64          `json:"subscription"`
	Account      int64          `json:"account"`
	Notification int64          `json:"notification"`
	Moment       bool           `json:"moment,omitempty"` // it is the id of a MomentNotice
	Until        storage.Millis `json:"until"`
}

// PushNote is what somebody reads of a notification on a locked screen.
type PushNote struct {
	Locale string // of title
	Icon   string // address of a picture
	Title  string
	Body   string
}

// PushWriter writes that: the edge that renders notifications for programs.
type PushWriter interface {
	// WritePush is fault.NotFound for what its recipient does not want to see, or cannot any more.
	WritePush(ctx context.Context, n storage.Notification) (PushNote, error)
}

// push queues a notification for every subscription that wants it. Those of one subscription go one
// after another, and wait for no other one of the same person.
func push(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	to, err := tx.PushesOf(ctx, n)
	if err != nil || len(to) == 0 {
		return err
	}
	for _, s := range to {
		lane := JobPush + " " + ids.Format(s.ID)
		waiting, err := tx.LaneLength(ctx, queueWork, lane, pushesWaitingMax)
		if err != nil {
			return err
		}
		if waiting >= pushesWaitingMax {
			continue
		}
		payload := storage.MarshalPayload(pushJob{Subscription: s.ID, Account: n.AccountID, Notification: n.ID,
			Moment: n.Type == storage.NotifyMomentLike || n.Type == storage.NotifyMomentComment, Until: storage.At(time.Now().Add(pushFor))})
		if err := tx.Enqueue(ctx, storage.Job{Queue: queueWork, Lane: lane, Kind: JobPush, Payload: payload, RunAt: s.RetryAt}); err != nil {
			return err
		}
	}
	return nil
}

// Sender returns the function that does jobs of the kind JobPush, with the words of w.
func (p *Push) Sender(w PushWriter) func(context.Context, storage.Job) error {
	return func(ctx context.Context, job storage.Job) error { return p.send(ctx, w, job) }
}

// send tells one program of one notification. What became void since it was queued is not sent: the
// subscription with its token, the notification with its post, what is muted since.
func (p *Push) send(ctx context.Context, w PushWriter, job storage.Job) error {
	var j pushJob
	if err := json.Unmarshal(job.Payload, &j); err != nil {
		return err
	}
	s, err := p.store.PushSubscription(ctx, j.Subscription)
	if err != nil || j.Until < storage.Now() {
		return unlessGone(err)
	}
	if s.RetryAt > storage.Now() {
		return p.store.Tx(ctx, func(tx *storage.Tx) error { return later(ctx, tx, job, j, s.RetryAt) })
	}
	if s, err = p.store.OpenPush(s); err != nil {
		return err
	}
	at, ok := p.services.enter(s.Endpoint, time.Now())
	if !ok {
		return p.store.Tx(ctx, func(tx *storage.Tx) error { return later(ctx, tx, job, j, storage.At(at)) })
	}
	defer p.services.leave(s.Endpoint)
	message, err := p.message(ctx, w, s, j)
	if err != nil {
		return unlessGone(err)
	}
	asking, cancel := context.WithTimeout(ctx, pushWithin)
	defer cancel()
	err = p.post(asking, s, message, topic(j))
	if ctx.Err() != nil {
		return ctx.Err() // the node stops
	}
	// Too many messages are too many for one program, who may have brought them about to silence all
	// others.
	away := err != nil && fetch.Temporary(err) && fetch.StatusOf(err) != http.StatusTooManyRequests
	p.services.judge(s.Endpoint, away, time.Now())
	return p.settle(ctx, job, j, s, err)
}

// topic is the same for every copy of a message: at most 32 characters of base64url.
func topic(j pushJob) string { return "n" + ids.Format(j.Notification) }

func unlessGone(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// message returns what the program gets to read. The names are Mastodon's, whose programs read it.
func (p *Push) message(ctx context.Context, w PushWriter, s storage.PushSubscription, j pushJob) ([]byte, error) {
	n, err := p.about(ctx, j)
	if err != nil {
		return nil, err
	}
	if told, err := p.store.StillTold(ctx, n); err != nil || !told {
		return nil, orGone(err)
	}
	note, err := w.WritePush(ctx, n)
	if err != nil {
		return nil, err
	}
	if len(note.Icon) > pushIconMax {
		note.Icon = ""
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(struct {
		AccessToken     string `json:"access_token"`
		PreferredLocale string `json:"preferred_locale"`
		NotificationID  int64  `json:"notification_id"`
		Type            string `json:"notification_type"`
		Icon            string `json:"icon"`
		Title           string `json:"title"`
		Body            string `json:"body"`
	}{s.AccessToken, note.Locale, n.ID, n.Type, note.Icon, shorten(note.Title, pushTitleMax), shorten(note.Body, pushBodyMax)})
	return bytes.TrimSpace(text.Bytes()), err
}

// about is what a job tells of, if its recipient may still see that; else fault.NotFound.
func (p *Push) about(ctx context.Context, j pushJob) (storage.Notification, error) {
	if !j.Moment {
		return p.store.NotificationByID(ctx, j.Account, j.Notification)
	}
	o, err := p.store.MomentNoticeByID(ctx, j.Account, j.Notification)
	return ofMoment(j.Account, o), err
}

func orGone(err error) error {
	if err == nil {
		return fault.New(fault.NotFound, "not found")
	}
	return err
}

// shorten cuts a text to a number of characters, the last of which says that it goes on.
func shorten(text string, most int) string {
	characters := []rune(text)
	if len(characters) <= most {
		return text
	}
	return string(characters[:most-1]) + "…"
}

// settle notes what became of a message. An endpoint that is gone ends its subscription (RFC 8030
// §7.3); one that failed is left alone for a while, and what waits for it with it.
func (p *Push) settle(ctx context.Context, job storage.Job, j pushJob, s storage.PushSubscription, err error) error {
	status := fetch.StatusOf(err)
	switch {
	case err == nil && s.Failures == 0, status == http.StatusRequestEntityTooLarge: // it will not be smaller next time
		return nil
	case err == nil:
		return p.store.Tx(ctx, func(tx *storage.Tx) error { return tx.PushWorked(ctx, s.ID) })
	case status == http.StatusNotFound, status == http.StatusGone, s.FailingSince != 0 && time.Since(s.FailingSince.Time()) > pushGiveUp:
		p.log.Info("push subscription removed", "status", status)
		return p.store.Tx(ctx, func(tx *storage.Tx) error { return tx.DropPushSubscription(ctx, s.ID) })
	}
	p.log.Debug("push", "err", err)
	retry := time.Now().Add(max(retryAfter(s.Failures), fault.RetryOf(err)))
	return p.store.Tx(ctx, func(tx *storage.Tx) error {
		if failed := tx.PushFailed(ctx, s.ID, retry); failed != nil || !fetch.Temporary(err) {
			return failed
		}
		return later(ctx, tx, job, j, storage.At(retry))
	})
}

// retryAfter is the pause after so many failures before.
func retryAfter(failures int) time.Duration {
	wait := pushRetryFirst
	for range failures {
		if wait *= pushRetryGrowth; wait >= pushRetryMax {
			return pushRetryMax
		}
	}
	return wait
}

// later puts another job in the place of one, for the same message.
func later(ctx context.Context, tx *storage.Tx, job storage.Job, j pushJob, at storage.Millis) error {
	if err := tx.FinishJob(ctx, job.ID); err != nil || at >= j.Until {
		return err
	}
	return tx.Enqueue(ctx, storage.Job{Queue: queueWork, Lane: job.Lane, Kind: JobPush, Payload: job.Payload, RunAt: at})
}

// post encrypts a message, signs the request and makes it.
func (p *Push) post(ctx context.Context, s storage.PushSubscription, message []byte, topic string) error {
	var request request
	_, err := webpush.SendNotificationWithContext(ctx, message, &webpush.Subscription{
		Endpoint: s.Endpoint,
		Keys:     webpush.Keys{Auth: base64.RawURLEncoding.EncodeToString(s.Auth), P256dh: base64.RawURLEncoding.EncodeToString(s.P256dh)},
	}, &webpush.Options{
		HTTPClient: &request, Subscriber: p.subscriber, TTL: int(pushFor.Seconds()), Urgency: webpush.UrgencyNormal, Topic: topic,
		VAPIDPublicKey: p.keys.public, VAPIDPrivateKey: p.keys.private,
	})
	if err != nil {
		return err
	}
	if !s.Standard {
		if err := request.redress(message, s, p.keys); err != nil {
			return err
		}
	}
	_, err = p.client.Post(ctx, s.Endpoint, "application/octet-stream", request.body, request)
	return err
}

// request is what the library would have sent. It goes out through this node's own client, which
// looks at the address that is really dialled.
type request struct {
	header http.Header
	body   []byte
}

// Do takes a request instead of making it.
func (r *request) Do(made *http.Request) (*http.Response, error) {
	var err error
	r.header = made.Header
	r.body, err = io.ReadAll(made.Body)
	return &http.Response{StatusCode: http.StatusCreated, Body: http.NoBody}, err
}

// Sign adds the headers of encryption and of VAPID, which is a signature of the endpoint's origin.
func (r request) Sign(to *http.Request, _ []byte) error {
	for name, values := range r.header {
		to.Header[name] = values
	}
	return nil
}

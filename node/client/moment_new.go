package client

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"tulou/apps/media"
	"tulou/apps/moments"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

const (
	// shareTime is how long a Moment with its pictures may take to come in.
	shareTime = 20 * time.Minute
	// shareBytesMax bounds it: nine pictures, or a film, and words.
	shareBytesMax = moments.MediaMax*media.PictureBytesMax + media.FilmBytesMax + bodyBytesMax
	// partsMax is more than the files and the words.
	partsMax = moments.MediaMax + 2
	// idempotencyBytesMax is longer than any key of a client.
	idempotencyBytesMax = 100
)

// newMoment is what is sent: as a JSON body, or, with files, as the part "moment" of a form whose
// other parts are named "file".
type newMoment struct {
	Text      string   `json:"text"`
	Link      string   `json:"link"`
	LinkTitle string   `json:"link_title"`
	Place     string   `json:"place"`
	Media     []string `json:"media"` // ids of /api/v2/media
	Audience  struct {
		Kind    string   `json:"kind"` // friends (or ""), circles, except, myself
		Circles []string `json:"circles"`
		People  []string `json:"people"`
	} `json:"audience"`
}

func (a *API) postMoment(q *query) (any, error) {
	var sent newMoment
	var files []int64
	kind, options, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		files, err = a.readShare(q, options["boundary"], &sent)
	} else {
		err = q.body(&sent)
	}
	if err != nil {
		return nil, err
	}
	d, err := sent.draft()
	if err != nil {
		return nil, err
	}
	d.Media = append(d.Media, files...)
	if d.IdempotencyKey = q.Header.Get("Idempotency-Key"); len(d.IdempotencyKey) > idempotencyBytesMax || !utf8.ValidString(d.IdempotencyKey) {
		return nil, fault.New(fault.Invalid, "the Idempotency-Key is not a text of at most %d bytes", idempotencyBytesMax)
	}
	posted, err := a.Moments.Post(q.ctx(), q.me, d)
	if err != nil {
		return nil, err
	}
	return a.oneMoment(q.ctx(), q.me.ID, posted.ID)
}

// draft reads the ids. Faults: Invalid, NotFound for what is no id.
func (n newMoment) draft() (d moments.Draft, err error) {
	d = moments.Draft{Text: n.Text, Link: n.Link, LinkTitle: n.LinkTitle, Place: n.Place}
	d.Choice.Kind = n.Audience.Kind
	if d.Choice.Kind == "" {
		d.Choice.Kind = storage.MomentForFriends
	}
	for _, part := range []struct {
		to   *[]int64
		from []string
	}{{&d.Media, n.Media}, {&d.Choice.Tags, n.Audience.Circles}, {&d.Choice.People, n.Audience.People}} {
		for _, text := range part.from {
			id, ok := ids.Parse(text)
			if !ok {
				return d, errNotFound
			}
			*part.to = append(*part.to, id)
		}
	}
	return d, nil
}

// readShare reads a form with files, which are stored while they come.
func (a *API) readShare(q *query, boundary string, sent *newMoment) (files []int64, err error) {
	deadline := time.Now().Add(shareTime)
	control := http.NewResponseController(q.writer)
	_ = control.SetReadDeadline(deadline) // what is no connection has none
	_ = control.SetWriteDeadline(deadline.Add(time.Minute))
	parts := multipart.NewReader(http.MaxBytesReader(q.writer, q.Body, shareBytesMax), boundary)
	for range partsMax {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "the form cannot be read")
		}
		switch part.FormName() {
		case "moment":
			raw, err := io.ReadAll(io.LimitReader(part, bodyBytesMax+1))
			if err != nil || len(raw) > bodyBytesMax {
				return nil, fault.Wrap(err, fault.Invalid, "the part moment cannot be read, or is too long")
			}
			if err := json.Unmarshal(raw, sent, json.RejectUnknownMembers(true)); err != nil {
				return nil, fault.Wrap(err, fault.Invalid, "the part moment is not what this operation takes")
			}
		case "file":
			id, err := a.uploadPart(q, part)
			if err != nil {
				return nil, err
			}
			files = append(files, id)
		default:
			return nil, fault.New(fault.Invalid, "a form has a part moment and parts file")
		}
	}
	return nil, fault.New(fault.Invalid, "a form has at most %d files", moments.MediaMax)
}

// uploadPart keeps one file. A description may be in its header Content-Description.
func (a *API) uploadPart(q *query, part *multipart.Part) (int64, error) {
	received, err := a.Media.Receive(q.ctx(), q.me.ID, part)
	if err != nil {
		return 0, err
	}
	var about media.About
	if text := strings.TrimSpace(part.Header.Get("Content-Description")); text != "" && utf8.ValidString(text) {
		about.Description = &text
	}
	uploaded, err := a.Media.Upload(q.ctx(), q.me.ID, received, about)
	if err == nil && uploaded.State == storage.MediaWaiting {
		uploaded, err = a.Media.Wait(q.ctx(), q.me.ID, uploaded.ID, time.Minute)
	}
	return uploaded.ID, err
}

package mastodon

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"tulou/apps/media"
	"tulou/protocol/fault"
)

// How long an upload may take. Whoever sends 64 kB within a minute is borne for an hour; slower
// ones hold a connection for nothing.
const (
	uploadPatience = time.Minute
	uploadStep     = 64 << 10
	uploadTime     = time.Hour
	// uploadBytesMax bounds the body: a film, a small picture for it, and words.
	uploadBytesMax = media.FilmBytesMax + media.PictureBytesMax + bodyBytesMax
	// partHeadMax bounds what comes before a part, its name among it, which has to be in memory at
	// once, beside 4 kB that may have come with the part before: real ones have some 200 bytes. The
	// library would take 10 MB, of 1000 parts.
	partHeadMax = 16 << 10
)

// fileFields are the names under which files are taken.
var fileFields = []string{"file", "thumbnail", media.Avatar, media.Header}

// readUpload reads a form with files. Files are stored while they come, so that nothing is kept in
// memory but the words between them.
func (a *API) readUpload(w http.ResponseWriter, q *query) error {
	kind, options, err := mime.ParseMediaType(q.Request.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		q.sent, err = readValues(w, q.Request)
		return err
	}
	if q.sent, err = parseQuery(q.URL.RawQuery); err != nil {
		return fault.Wrap(err, fault.Invalid, "The query cannot be read")
	}
	body := &patient{r: http.MaxBytesReader(w, q.Body, uploadBytesMax), control: http.NewResponseController(w), end: time.Now().Add(uploadTime)}
	body.extend()
	q.files = map[string]media.Received{}
	if err := a.readFiles(q, body, multipart.NewReader(body, options["boundary"])); err != nil {
		return uploadFault(err)
	}
	return checkValues(q.sent)
}

// uploadFault says that an upload broke off, was too slow or too large, unless err says more.
func uploadFault(err error) error {
	if _, known := errors.AsType[*fault.Error](err); known {
		return err
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return fault.New(fault.TooLarge, "The request is longer than %d bytes", uploadBytesMax)
	}
	return fault.Wrap(err, fault.Invalid, "The form cannot be read")
}

func (a *API) readFiles(q *query, body *patient, parts *multipart.Reader) error {
	var pairs []pair
	room := int64(bodyBytesMax)
	for range valuesMax {
		body.between, body.head = true, partHeadMax
		part, err := parts.NextPart()
		body.between = false
		if errors.Is(err, io.EOF) {
			addNumbered(q.sent, pairs)
			return nil
		}
		if err != nil {
			return err
		}
		if name := part.FormName(); isFile(part) {
			if _, twice := q.files[name]; twice || !slices.Contains(fileFields, name) {
				return fault.New(fault.Unprocessable, "Validation failed: %.40q is not a file that is expected here", name)
			}
			if q.files[name], err = a.Media.Receive(q.Context(), q.viewer(), part); err != nil {
				return err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return err
		}
		if room -= int64(len(value) + len(part.FormName())); room < 0 {
			return fault.New(fault.TooLarge, "The form has more than %d bytes of text", bodyBytesMax)
		}
		pairs = append(pairs, pair{part.FormName(), string(value)})
	}
	return fault.New(fault.TooLarge, "The form has more than %d parts", valuesMax)
}

// isFile tells whether a part is a file: it has a name, or a type, as some clients send it.
func isFile(part *multipart.Part) bool {
	kind := part.Header.Get("Content-Type")
	return part.FileName() != "" || kind != "" && !strings.HasPrefix(kind, "text/plain") && slices.Contains(fileFields, part.FormName())
}

// patient reads a body for as long as it goes on coming.
type patient struct {
	r       io.Reader
	control *http.ResponseController
	end     time.Time
	since   int // bytes since the deadline was moved

	between bool // what comes is the head of a part, of which
	head    int  // so many bytes may come
}

// Read reads on, and moves the deadlines of the connection.
func (p *patient) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if p.head -= n; p.between && p.head < 0 {
		return 0, fault.New(fault.TooLarge, "The form has a part whose head is longer than %d bytes", partHeadMax)
	}
	if p.since += n; p.since >= uploadStep {
		p.since = 0
		p.extend()
	}
	return n, err
}

// extend gives the sender another while, and the answer one more after that. What is no connection
// has no deadlines.
func (p *patient) extend() {
	until := time.Now().Add(uploadPatience)
	if until.After(p.end) {
		until = p.end
	}
	_ = p.control.SetReadDeadline(until)
	_ = p.control.SetWriteDeadline(until.Add(2 * uploadPatience))
}

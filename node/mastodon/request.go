package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"tulou/apps/media"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

const (
	// bodyBytesMax bounds a request. The longest is a post of 5,000 characters, percent-encoded: about
	// 60 kB; a profile with all its fields is less.
	bodyBytesMax = 128 << 10
	// bodyDepthMax bounds the nesting of a JSON body; poll[options][] is three deep.
	bodyDepthMax = 8
	// valuesMax bounds the parts of a multipart body and the values of any request.
	valuesMax = 1000
	// keyBytesMax bounds the name of a value in JSON. Names of what is inside are made of it, so that
	// a long one would fill the memory as often as there are values inside.
	keyBytesMax = 256
)

// query is one request of a client: who asks, and what was sent in the address and in the body, in
// whichever of the forms that clients use.
type query struct {
	*http.Request
	who    edge.Who
	files  map[string]media.Received // that were uploaded, by the name of their field
	sent   url.Values                // "poll[options][]" and so on, as Rails names them
	header http.Header               // of the answer
}

// viewer is the id of whoever asks, 0 for a stranger.
func (q *query) viewer() int64 { return q.who.Account.ID }

// id reads an id from the path. What is no id names nothing.
func (q *query) id() (int64, error) { return q.idAt("id") }

// idAt is the id in another place of the path.
func (q *query) idAt(name string) (int64, error) {
	id, ok := ids.Parse(chi.URLParam(q.Request, name))
	if !ok {
		return 0, errNotFound
	}
	return id, nil
}

// about makes a handler of one for what has the id of the path.
func about(do func(q *query, id int64) (any, error)) func(q *query) (any, error) {
	return func(q *query) (any, error) {
		id, err := q.id()
		if err != nil {
			return nil, err
		}
		return do(q, id)
	}
}

// text returns a value, "" if it was not sent.
func (q *query) text(key string) string {
	if v := q.sent[key]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// has tells whether a value was sent, be it empty.
func (q *query) has(key string) bool { return len(q.sent[key]) > 0 }

// optional returns a value, nil if it was not sent.
func (q *query) optional(key string) *string {
	if !q.has(key) {
		return nil
	}
	text := q.text(key)
	return &text
}

// set takes a value over if it was sent, be it empty.
func (q *query) set(to *string, key string) {
	if q.has(key) {
		*to = q.text(key)
	}
}

// setUnlessEmpty is set for what cannot be empty.
func (q *query) setUnlessEmpty(to *string, key string) {
	if text := q.text(key); text != "" {
		*to = text
	}
}

// list returns the values of a list, which is sent as ids[]=, as ids[0]= or, by some, as ids=.
func (q *query) list(key string) []string {
	values := append(slices.Clone(q.sent[key+"[]"]), q.sent[key]...)
	for _, index := range q.indexes(key) {
		values = append(values, q.sent[key+"["+index+"]"]...)
	}
	return values
}

// indexes returns the numbers i of the keys key[i]… that were sent, in order.
func (q *query) indexes(key string) []string {
	var found []string
	for name := range q.sent {
		rest, ok := strings.CutPrefix(name, key+"[")
		index, _, closed := strings.Cut(rest, "]")
		if _, err := strconv.Atoi(index); ok && closed && err == nil && !slices.Contains(found, index) {
			found = append(found, index)
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	return found
}

// ids returns a list of ids, each once; what is none is left out.
func (q *query) ids(key string, most int) []int64 {
	var found []int64
	for _, text := range q.list(key) {
		if id, ok := ids.Parse(text); ok && !slices.Contains(found, id) && len(found) < most {
			found = append(found, id)
		}
	}
	return found
}

// flag returns a boolean as Rails reads it: everything is true but a few words; what is absent or
// empty is otherwise.
func (q *query) flag(key string, otherwise bool) bool {
	switch strings.ToLower(q.text(key)) {
	case "":
		return otherwise
	case "0", "f", "false", "off":
		return false
	}
	return true
}

// optionalFlag returns a boolean, nil if it was not sent.
func (q *query) optionalFlag(key string) *bool {
	if q.text(key) == "" {
		return nil
	}
	value := q.flag(key, false)
	return &value
}

// number returns a whole number, otherwise if there is none.
func (q *query) number(key string, otherwise int) int {
	if n, err := strconv.Atoi(strings.TrimSpace(q.text(key))); err == nil {
		return n
	}
	return otherwise
}

// readValues returns everything that was sent, in the address and the body.
func readValues(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	values, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The query cannot be read")
	}
	if r.Body != nil && r.Body != http.NoBody && r.Method != http.MethodGet {
		if err := addBody(w, r, values); err != nil {
			return nil, err
		}
	}
	return values, checkValues(values)
}

// checkValues refuses values that are no text, and too many.
func checkValues(values url.Values) error {
	count := 0
	for _, list := range values {
		count += len(list)
		if slices.ContainsFunc(list, notText) {
			return fault.New(fault.Invalid, "The request is not UTF-8 text")
		}
	}
	if count > valuesMax {
		return fault.New(fault.TooLarge, "The request has more than %d values", valuesMax)
	}
	return nil
}

// notText tells whether a database or a peer would refuse a value, who would be blamed for it.
func notText(value string) bool {
	return !utf8.ValidString(value) || strings.ContainsRune(value, 0)
}

// addBody adds what was sent in the body.
func addBody(w http.ResponseWriter, r *http.Request, values url.Values) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return fault.New(fault.TooLarge, "The request is longer than %d bytes", bodyBytesMax)
		}
		return fault.Wrap(err, fault.Invalid, "The request cannot be read")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	return readBody(values, r.Header.Get("Content-Type"), body)
}

func readBody(values url.Values, contentType string, body []byte) error {
	kind, options, err := mime.ParseMediaType(contentType)
	if err != nil && contentType != "" {
		return fault.New(fault.Unsupported, "The content type cannot be read")
	}
	switch {
	case kind == "multipart/form-data":
		return readParts(values, body, options["boundary"])
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return readJSON(values, body)
	case kind == "" || kind == "application/x-www-form-urlencoded" || kind == "text/plain":
		form, err := parseQuery(string(body))
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The form cannot be read")
		}
		for key, list := range form {
			values[key] = append(values[key], list...)
		}
		return nil
	}
	return fault.New(fault.Unsupported, "The content type %s is not read here", kind)
}

// readParts reads a multipart form. Of files only the presence is kept, as "@name": what takes
// files is read by readUpload.
func readParts(values url.Values, body []byte, boundary string) error {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	var pairs []pair
	for range valuesMax {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			addNumbered(values, pairs)
			return nil
		}
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The form cannot be read")
		}
		if part.FileName() != "" {
			values.Add(filePrefix+part.FormName(), part.FileName())
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The form cannot be read")
		}
		pairs = append(pairs, pair{part.FormName(), string(value)})
	}
	return fault.New(fault.TooLarge, "The form has more than %d parts", valuesMax)
}

// filePrefix marks the name of an uploaded file among the values.
const filePrefix = "@"

// readJSON reads an object and names what is in it as a form would.
func readJSON(values url.Values, body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var sent map[string]any
	if err := decoder.Decode(&sent); err != nil {
		return fault.Wrap(err, fault.Invalid, "The JSON cannot be read")
	}
	room := valuesMax
	for key, value := range sent {
		if err := flatten(values, key, value, 1, &room); err != nil {
			return err
		}
	}
	return nil
}

// flatten adds a JSON value under the names that a form would give it: a[b], a[] for lists of plain
// values, a[0][b] for lists of objects. null is as if nothing was sent. room is how many more
// values there may be, of whatever kind.
func flatten(values url.Values, key string, value any, depth int, room *int) error {
	if *room--; *room < 0 {
		return fault.New(fault.TooLarge, "The request has more than %d values", valuesMax)
	}
	if depth > bodyDepthMax || len(key) > keyBytesMax {
		return fault.New(fault.Invalid, "The JSON is nested too deeply or has too long names")
	}
	switch v := value.(type) {
	case nil:
	case string:
		values.Add(key, v)
	case json.Number:
		values.Add(key, v.String())
	case bool:
		values.Add(key, strconv.FormatBool(v))
	case map[string]any:
		for name, inner := range v {
			if err := flatten(values, key+"["+name+"]", inner, depth+1, room); err != nil {
				return err
			}
		}
	case []any:
		if len(v) == 0 {
			values[key+"[]"] = []string{} // named, so that a list can be emptied
		}
		for i, inner := range v {
			name := key + "[]"
			if _, object := inner.(map[string]any); object {
				name = key + "[" + strconv.Itoa(i) + "]"
			}
			if err := flatten(values, name, inner, depth+1, room); err != nil {
				return err
			}
		}
	}
	return nil
}

// seconds returns a duration that is sent as a number of seconds, bounded so that it cannot
// overflow.
func (q *query) seconds(key string) time.Duration {
	const most = 100 * 365 * 24 * 60 * 60 // a century
	return time.Duration(max(-1, min(q.number(key, 0), most))) * time.Second
}

package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

const (
	// bodyBytesMax bounds a request: the longest names 5,000 friends for whom a Moment is not, at 22
	// bytes each.
	bodyBytesMax = 128 << 10
	// textBytesMax bounds a value in the address.
	textBytesMax = 2048
	// idsMax bounds how many ids one request names.
	idsMax = 100
	// pageDefault is the length of a page if nobody says another.
	pageDefault = 40
)

// query is one request of somebody.
type query struct {
	*http.Request
	writer http.ResponseWriter
	me     storage.Account
}

// ctx is Context, short.
func (q *query) ctx() context.Context { return q.Context() }

// id reads an id from the path. What is no id names nothing.
func (q *query) id(name string) (int64, error) {
	id, ok := ids.Parse(chi.URLParam(q.Request, name))
	if !ok {
		return 0, errNotFound
	}
	return id, nil
}

// text returns a value of the address, "" if there is none. Faults: Invalid for what is no text.
func (q *query) text(name string) (string, error) {
	text := strings.TrimSpace(q.URL.Query().Get(name))
	if len(text) > textBytesMax || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", fault.New(fault.Invalid, "%s is not a text of at most %d bytes", name, textBytesMax)
	}
	return text, nil
}

// flag tells whether a value of the address is true.
func (q *query) flag(name string) bool { return q.URL.Query().Get(name) == "true" }

// ids returns the ids that are given under a name, each once; what is none is left out.
func (q *query) ids(name string) (found []int64) {
	for _, text := range q.URL.Query()[name] {
		if id, ok := ids.Parse(text); ok && !slices.Contains(found, id) && len(found) < idsMax {
			found = append(found, id)
		}
	}
	return found
}

// page reads which part of a list is wanted. Faults: Invalid for a cursor that is none.
func (q *query) page(most int) (storage.Page, error) {
	p := storage.Page{Limit: min(pageDefault, most)}
	if text := q.URL.Query().Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 {
			return p, fault.New(fault.Invalid, "limit is not a number of at least 1")
		}
		p.Limit = min(limit, most)
	}
	if text := q.URL.Query().Get("cursor"); text != "" {
		id, ok := ids.Parse(text)
		if !ok {
			return p, fault.New(fault.Invalid, "cursor is none of this list")
		}
		p.MaxID = id
	}
	return p, nil
}

// body reads what was sent: a JSON object with no more than the members of dst.
func (q *query) body(dst any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(q.writer, q.Body, bodyBytesMax))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return fault.New(fault.TooLarge, "the request is longer than %d bytes", bodyBytesMax)
		}
		return fault.Wrap(err, fault.Invalid, "the request cannot be read")
	}
	kind, _, _ := strings.Cut(q.Header.Get("Content-Type"), ";")
	if kind = strings.TrimSpace(kind); len(raw) > 0 && !strings.EqualFold(kind, "application/json") {
		return fault.New(fault.Unsupported, "the body is not application/json")
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if jsontext.Value(raw).Kind() != '{' {
		return fault.New(fault.Invalid, "the body is not a JSON object")
	}
	if err := json.Unmarshal(raw, dst, json.RejectUnknownMembers(true)); err != nil {
		return fault.Wrap(err, fault.Invalid, "the body is not what this operation takes")
	}
	return nil
}

// list is one page of a list, and where it goes on: "" at its end.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// listOf makes a page of what was rendered; last is the key of the last row that was read, and
// whether there is more is told by how many rows were asked for and came.
func listOf[T any](items []T, p storage.Page, read int, last int64) list[T] {
	l := list[T]{Items: items}
	if read >= p.Limit && last != 0 {
		l.Next = ids.Format(last)
	}
	return l
}

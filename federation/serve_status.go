package federation

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// status serves a post.
func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	name, id, err := statusIn(r)
	if err != nil {
		return err
	}
	paths := s.config.Paths
	return s.document(w, r, paths.Status(name, id), paths.Status(name, id), paths.StatusPage(name, id))
}

// statusActivity serves the Create or Announce that made a status.
func (s *server) statusActivity(w http.ResponseWriter, r *http.Request) error {
	name, id, err := statusIn(r)
	if err != nil {
		return err
	}
	paths := s.config.Paths
	return s.document(w, r, paths.StatusActivity(name, id), paths.Status(name, id), paths.StatusPage(name, id))
}

// activity serves any other activity that is kept.
func (s *server) activity(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "name")
	if !ids.ValidLocalName(name) {
		return missing()
	}
	uri := s.config.Paths.Activity(name, chi.URLParam(r, "key"))
	return s.document(w, r, uri, uri, s.config.Paths.Profile(name))
}

// statusIn returns what the path of a status names. An id has one spelling only.
func statusIn(r *http.Request) (name string, id int64, err error) {
	name = chi.URLParam(r, "name")
	id, ok := ids.Parse(chi.URLParam(r, "id"))
	if !ok || !ids.ValidLocalName(name) || ids.Format(id) != chi.URLParam(r, "id") {
		return "", 0, missing()
	}
	return name, id, nil
}

// document serves what was written down for uri, if whoever asks may see it; subject is what would
// have a tombstone. Answers to those who may not are those for what does not exist.
func (s *server) document(w http.ResponseWriter, r *http.Request, uri, subject, people string) error {
	if page(w, r, people) {
		return nil
	}
	doc, err := s.store.Document(r.Context(), uri)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	found := err == nil
	private, err := s.allow(r, found, doc.StatusID)
	if fault.Is(err, fault.NotFound) {
		return s.absent(w, r, subject)
	}
	if err == nil {
		s.send(w, r, http.StatusOK, doc.Body, private)
	}
	return err
}

// absent answers for a status that nobody is shown: with a tombstone if there was one that
// everybody could see. Of others, those who could not see them must not learn that they were.
func (s *server) absent(w http.ResponseWriter, r *http.Request, uri string) error {
	grave, err := s.store.Tombstone(r.Context(), uri)
	if fault.Is(err, fault.NotFound) {
		return missing()
	}
	if err != nil {
		return err
	}
	if !grave.Everybody {
		return missing()
	}
	return s.tombstone(w, r, uri, grave.DeletedAt)
}

// allow decides whether a request may see a status, 0 for what everybody may see. What is not found
// is asked about in the same way as what is not for everybody, so that neither the answer nor the
// time it takes tells one from the other. private means that the answer depends on the signer. The
// fault is NotFound for those who may not.
func (s *server) allow(r *http.Request, found bool, status int64) (private bool, err error) {
	open := false
	if found {
		if open, err = s.public(r.Context(), status); err != nil {
			return false, err
		}
	}
	if open && !s.config.AuthorizedFetch {
		_, err := s.admit(r)
		return false, err
	}
	viewer, err := s.viewer(r)
	if err != nil {
		return true, err
	}
	if !found || viewer == 0 {
		return true, missing()
	}
	if status == 0 {
		return true, nil
	}
	seen, err := s.store.CanSee(r.Context(), viewer, status)
	if err == nil && !seen {
		err = missing()
	}
	return true, err
}

// public tells whether everybody may see a status.
func (s *server) public(ctx context.Context, status int64) (bool, error) {
	if status == 0 {
		return true, nil
	}
	return s.store.CanSee(ctx, storage.Everybody, status)
}

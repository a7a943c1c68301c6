package node

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/moments"
	"tulou/federation/fetch"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What other nodes read of Moments, and the pictures in them. Nothing here is for everybody: each
// answer depends on who asks, no cache may keep it, and what somebody may not see does not exist,
// in the same bytes.

const (
	// momentCache keeps an answer from every cache but that of the browser it was made for, and asks
	// that one to ask again: whoever stops being a friend stops seeing pictures.
	momentCache = "private, no-cache"
	// momentDocumentCache keeps what another node reads from all caches.
	momentDocumentCache = "private, no-store"
	// keepMomentPointers is how long it is remembered that a comment was asked for.
	keepMomentPointers = 90 * daily
	// keepEarlyComments is how long comments wait for their Moment: longer than what a node that was
	// away is sent.
	keepEarlyComments = 14 * daily
)

// newMoments makes the app for what people show their friends.
func (n *Node) newMoments(paths ids.Paths) *moments.Service {
	return moments.New(moments.Deps{Store: n.store, Paths: paths, Sender: n.engine, Finder: n.engine, Maker: n.media, Notifier: n.notify, Log: n.log})
}

// forgetMoments is retention's part of Moments.
func (n *Node) forgetMoments(ctx context.Context, job storage.Job) error {
	before := time.Now().Add(-keepMomentPointers)
	err := n.batches(ctx, func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetMomentPointers(ctx, before) })
	if err == nil {
		before := time.Now().Add(-keepEarlyComments)
		err = n.batches(ctx, func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetEarlyComments(ctx, before) })
	}
	if err == nil {
		err = n.rounds((*storage.Tx).ForgetMoments)(ctx, job)
	}
	if err != nil {
		return fmt.Errorf("forget Moments: %w", err)
	}
	return nil
}

// momentRoutes adds what is read of Moments with a signature, a token or a session.
func (n *Node) momentRoutes(r chi.Router, auth *edge.Auth, browsers *edge.Browsers) {
	r.Get(ids.MomentsPrefix+"comments/{key}", oneAbsence(n.momentComment))
	r.Get(ids.MomentsPrefix+"media/{key}/{name}", oneAbsence(func(w http.ResponseWriter, r *http.Request) error {
		viewer, err := n.momentViewer(r, auth, browsers)
		if err != nil {
			return err
		}
		return n.momentFile(w, r, viewer)
	}))
	r.Options(ids.MomentsPrefix+"media/{key}/{name}", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*") // for programs with a token; cookies do not come with it
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Range")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
}

// oneAbsence answers in the same bytes for what is not there and for what somebody may not see, be
// it for want of a signature or of a friend.
func oneAbsence(h edge.Handler) http.HandlerFunc {
	return edge.Problem(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Vary", "Authorization, Cookie, Signature")
		err := h(w, r)
		switch fault.CodeOf(err) {
		case fault.NotFound, fault.Unauthenticated, fault.Forbidden, fault.Invalid:
			return fault.Wrap(err, fault.NotFound, "not found")
		}
		return err
	})
}

// momentComment serves a like or comment of one of our people to the nodes of their friends.
func (n *Node) momentComment(w http.ResponseWriter, r *http.Request) error {
	reader, err := n.engine.Authenticate(r, nil)
	if err != nil {
		return err
	}
	body, err := n.moments.CommentFor(r.Context(), reader, chi.URLParam(r, "key"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", fetch.ActivityJSON+"; charset=utf-8")
	h.Set("Cache-Control", momentDocumentCache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // whoever went away does not get it
	return nil
}

// momentViewer finds out who wants to see a file: another node by its signature, a program by its
// token, or a browser by its session, if the page that shows the file is of this node.
func (n *Node) momentViewer(r *http.Request, auth *edge.Auth, browsers *edge.Browsers) (storage.Account, error) {
	if r.Header.Get("Signature") != "" {
		return n.engine.Authenticate(r, nil)
	}
	if edge.Bearer(r) != "" {
		who, err := auth.Authenticate(r)
		if err == nil && (!who.Person() || !who.May(edge.ScopeRead)) {
			err = fault.New(fault.NotFound, "not found")
		}
		return who.Account, err
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		browser, err := browsers.Of(r)
		return browser.Account, err
	}
	return storage.Account{}, nil
}

func (n *Node) momentFile(w http.ResponseWriter, r *http.Request, viewer storage.Account) error {
	if wantsObject(r) {
		return fault.New(fault.NotFound, "not found")
	}
	file, err := n.moments.FileFor(r.Context(), viewer, chi.URLParam(r, "key"))
	if err != nil {
		return err
	}
	name, ok := storage.FileName("media", file.MediaType)
	if !ok {
		return fault.New(fault.NotFound, "not found")
	}
	body, err := n.blobs.Open(file.Blob)
	if err != nil {
		return err
	}
	defer body.Close()
	extendWrite(w, file.Bytes)
	serveMomentFile(w, r, file, name, body)
	return nil
}

func serveMomentFile(w http.ResponseWriter, r *http.Request, file storage.MomentFile, name string, body io.ReadSeeker) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Type", file.MediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": name}))
	h.Set("Cache-Control", momentCache)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("ETag", strconv.Quote(file.Key))
	http.ServeContent(w, r, "", time.Time{}, body)
}

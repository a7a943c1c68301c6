// Package media is pictures, films and sounds: what our people upload, what is made of it, and what
// is served.
//
// An upload is streamed into a blob and becomes a row that waits; processing finds out from the
// content what it is, refuses what is too large before decoding it, and writes it anew, without
// anything that was not the picture: place, camera, comments. Every file has a random key, which is
// its address for ever; several keys may name one blob. Nothing here knows of HTTP or SQL. Programs
// that convert films are run by node/film, behind the interface Films.
//
// The invariant to remember: what is served was decoded and encoded by us, or is a container that we
// checked, and its type is ours to say and never the uploader's.
package media

import (
	"context"
	"io"
	"log/slog"

	"tulou/protocol/ids"
	"tulou/storage"
)

// Deps is what a Service works with.
type Deps struct {
	Store *storage.Store
	Blobs *storage.Blobs
	Paths ids.Paths
	Log   *slog.Logger
}

// Service keeps media. It is safe for concurrent use.
type Service struct {
	Deps
}

// New makes a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

// Open returns the file of a key and its content, which the caller closes. The fault is NotFound.
func (s *Service) Open(ctx context.Context, key string) (storage.File, io.ReadSeekCloser, error) {
	file, err := s.Store.File(ctx, key)
	if err != nil {
		return file, nil, err
	}
	body, err := s.Blobs.Open(file.Blob)
	if err != nil {
		return file, nil, err
	}
	return file, body, nil
}

package mastodon

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tulou/apps/media"
	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// waitForFilm is how long the older form of uploading waits for a film: shorter than clients do.
const waitForFilm = 50 * time.Second

func (a *API) mediaRoutes(r routes) {
	r.upload(post, "/api/v2/media", a.uploadMedia, "write:media")
	r.upload(post, "/api/v1/media", a.uploadMediaAndWait, "write:media")
	r.person(get, "/api/v1/media/{id}", a.getMedia, "write:media")
	r.upload(put, "/api/v1/media/{id}", a.updateMedia, "write:media")
	r.person(remove, "/api/v1/media/{id}", a.deleteMedia, "write:media")
	r.person(remove, "/api/v1/profile/avatar", a.removePicture(media.Avatar), "write:accounts")
	r.person(remove, "/api/v1/profile/header", a.removePicture(media.Header), "write:accounts")
}

// upload adds an endpoint for people that takes files.
func (r routes) upload(method, path string, e endpoint, scopes ...string) {
	r.Method(method, path, r.api.serve(access{need: person, scopes: scopes, files: true}, e))
}

// aboutMedia is what was sent about something uploaded.
func (q *query) aboutMedia() media.About {
	about := media.About{Description: q.optional("description"), Focus: q.optional("focus")}
	if small, ok := q.files["thumbnail"]; ok {
		about.Thumbnail = &small
	}
	return about
}

// uploadMedia takes a file. A picture is mostly done at once; what takes longer is answered with
// 202, and asked for again.
func (a *API) uploadMedia(q *query) (any, error) {
	uploaded, err := a.takeMedia(q)
	return a.coded(uploaded, http.StatusAccepted), err
}

func (a *API) takeMedia(q *query) (storage.Attachment, error) {
	file, ok := q.files["file"]
	if !ok {
		return storage.Attachment{}, fault.New(fault.Unprocessable, "Validation failed: File can't be blank")
	}
	return a.Media.Upload(q.Context(), q.viewer(), file, q.aboutMedia())
}

// coded is an upload with 200, or with another status as long as it waits.
func (a *API) coded(uploaded storage.Attachment, waiting int) coded {
	status := http.StatusOK
	if uploaded.State == storage.MediaWaiting {
		status = waiting
	}
	return coded{status, a.mediaAttachment(uploaded)}
}

// uploadMediaAndWait is uploadMedia for clients that do not ask again: Mastodon's documentation
// promises them an answer after all is done, with 200 and an address. So what takes longer than
// they wait is refused and not kept, instead of an answer that they take for a file: they would
// post it and fail.
func (a *API) uploadMediaAndWait(q *query) (any, error) {
	uploaded, err := a.takeMedia(q)
	if err == nil && uploaded.State == storage.MediaWaiting {
		uploaded, err = a.Media.Wait(q.Context(), q.viewer(), uploaded.ID, waitForFilm)
	}
	if err == nil && uploaded.State == storage.MediaWaiting {
		after := context.WithoutCancel(q.Context())
		err = errors.Join(tooLongForOldClients(), a.Media.Delete(after, q.viewer(), uploaded.ID))
	}
	return a.mediaAttachment(uploaded), err
}

func tooLongForOldClients() error {
	return fault.New(fault.Unavailable,
		"The file takes longer than %s, and this app waits for it. Send a shorter one, or use an app that uploads with POST /api/v2/media", waitForFilm)
}

func (a *API) getMedia(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	uploaded, err := a.Media.Get(q.Context(), q.viewer(), id)
	return a.coded(uploaded, http.StatusPartialContent), err
}

func (a *API) updateMedia(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	uploaded, err := a.Media.Update(q.Context(), q.viewer(), id, q.aboutMedia())
	return a.mediaAttachment(uploaded), err
}

func (a *API) deleteMedia(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	return empty{}, a.Media.Delete(q.Context(), q.viewer(), id)
}

// setPictures makes the avatar and the header that were sent and says so in a profile.
func (a *API) setPictures(q *query, p *people.Profile) error {
	for which, address := range map[string]**string{media.Avatar: &p.Avatar, media.Header: &p.Header} {
		file, ok := q.files[which]
		if !ok {
			continue
		}
		made, err := a.Media.Portrait(q.Context(), q.viewer(), which, file)
		if err != nil {
			return err
		}
		*address = &made
	}
	return nil
}

// updateProfile changes the viewer's profile and forgets the pictures that were replaced.
func (a *API) updateProfile(q *query, p people.Profile) error {
	before := q.who.Account
	after, err := a.People.UpdateProfile(q.Context(), before, p)
	if err != nil {
		return err
	}
	a.Auth.AccountChanged(q.viewer())
	for was, is := range map[string]string{before.Avatar: after.Avatar, before.Header: after.Header} {
		if was != is && was != after.Avatar && was != after.Header {
			if err := a.Media.Drop(q.Context(), after, was); err != nil {
				return err
			}
		}
	}
	return nil
}

// removePicture gives somebody back the picture that everybody has who chose none.
func (a *API) removePicture(which string) endpoint {
	return func(q *query) (any, error) {
		drawn, nothing := a.AvatarURL(q.who.Account.Name), ""
		change := people.Profile{Header: &nothing, HeaderDescription: &nothing}
		if which == media.Avatar {
			change = people.Profile{Avatar: &drawn, AvatarDescription: &nothing}
		}
		if err := a.updateProfile(q, change); err != nil {
			return nil, err
		}
		return a.credentials(q.Context(), q.viewer())
	}
}

// mediaIDs are the ids of media_ids, nil if it was not sent; what is no id is of nothing.
func (q *query) mediaIDs() []int64 {
	var list []int64
	for _, text := range q.list("media_ids") {
		if text == "" {
			continue
		}
		id, ok := ids.Parse(text)
		if !ok {
			id = 0
		}
		list = append(list, id)
	}
	return list
}

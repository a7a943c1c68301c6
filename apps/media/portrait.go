package media

import (
	"context"
	"io"
	"strings"

	"tulou/apps/media/picture"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// The pictures that people have: beside their name, and above their profile.
const (
	Avatar = "avatar"
	Header = "header"
)

// Portrait makes somebody's Avatar or Header of a file that was received, and returns the address
// by which the account keeps it: a path of this node. Moving avatars that are small go on moving,
// and stand still at Still of the address. Whoever does not keep the address gives it to Drop. The
// fault is Unprocessable with a sentence for the owner.
func (s *Service) Portrait(ctx context.Context, account int64, which string, file Received) (address string, err error) {
	if !isPicture(file.MediaType) {
		return "", fault.New(fault.Unprocessable, "Validation failed: %s is not a picture", strings.ToUpper(which[:1])+which[1:])
	}
	body, err := s.Blobs.Open(file.Blob)
	if err != nil {
		return "", err
	}
	defer body.Close()
	plan := picture.Plan{Width: avatarSide, Height: avatarSide, Still: true}
	if which == Header {
		plan.Width, plan.Height = headerWidth, headerHeight
	}
	still, err := s.Make(ctx, body, plan)
	if err != nil {
		return "", err
	}
	key := storage.NewFileKey()
	pictures := map[string]picture.File{key: still.Large}
	shown := still.Large
	if moving, ok := s.moving(ctx, body, which, file); ok {
		pictures, shown = map[string]picture.File{key: moving, storage.StillKey(key): still.Large}, moving
	}
	var files []storage.File
	for at, p := range pictures {
		kept, err := s.keepAs(ctx, p, which)
		if err != nil {
			return "", err
		}
		kept.Key, kept.AccountID = at, account
		files = append(files, kept)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		for _, f := range files {
			if err := tx.CreateFile(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
	name, _ := storage.FileName(which, shown.MediaType)
	return ids.MediaPrefix + key + "/" + name, err
}

// moving makes an avatar that moves, if it does and is small.
func (s *Service) moving(ctx context.Context, body io.ReadSeeker, which string, file Received) (picture.File, bool) {
	if which != Avatar || file.MediaType != "image/gif" || file.Bytes > movingAvatarBytes {
		return picture.File{}, false
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return picture.File{}, false
	}
	made, err := s.Make(ctx, body, picture.Plan{})
	large := made.Large
	return large, err == nil && made.Moves && max(large.Width, large.Height) <= movingAvatarSide && len(large.Data) <= movingAvatarBytes
}

// Still is the address of a picture of this node that stands still, for the address of one that may
// move.
func Still(address string) string {
	key, name, ok := strings.Cut(strings.TrimPrefix(address, ids.MediaPrefix), "/")
	word, moves := strings.CutSuffix(name, ".gif")
	if !ok || !moves || !strings.HasPrefix(address, ids.MediaPrefix) {
		return address
	}
	return ids.MediaPrefix + storage.StillKey(key) + "/" + word + ".png"
}

// Drop removes the files of an address that Portrait returned, once no account keeps it. Other
// addresses are left alone.
func (s *Service) Drop(ctx context.Context, account storage.Account, address string) error {
	key, _, ok := strings.Cut(strings.TrimPrefix(address, ids.MediaPrefix), "/")
	if !ok || !account.Local() || !strings.HasPrefix(address, ids.MediaPrefix) {
		return nil
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteFiles(ctx, key, storage.StillKey(key)) })
}

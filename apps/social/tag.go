package social

import (
	"context"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/markup"
	"tulou/storage"
)

// tagNamed reads the name of a hashtag as somebody writes it. It is NotFound for what is none, as
// in Mastodon.
func tagNamed(text string) (tag, name string, err error) {
	name = strings.TrimLeft(strings.TrimSpace(text), "#＃")
	if !markup.IsHashtag(name) || len([]rune(name)) > tagRunesMax {
		return "", "", fault.New(fault.NotFound, "Record not found")
	}
	return foldTag(name), name, nil
}

// TagInfo is a hashtag as a viewer sees it.
type TagInfo struct {
	storage.TagRelation
	Name    string
	History []storage.TagDay
}

// Tag returns a hashtag by name, used or not. It is NotFound for what is none.
func (s *Service) Tag(ctx context.Context, viewer int64, text string) (TagInfo, error) {
	tag, name, err := tagNamed(text)
	if err != nil {
		return TagInfo{}, err
	}
	list, err := s.TagInfos(ctx, viewer, []storage.Tag{{Tag: tag, Name: name}})
	if err != nil {
		return TagInfo{}, err
	}
	return list[0], nil
}

// TagInfos completes hashtags, in their order.
func (s *Service) TagInfos(ctx context.Context, viewer int64, tags []storage.Tag) ([]TagInfo, error) {
	folded := make([]string, len(tags))
	for i, t := range tags {
		folded[i] = t.Tag
	}
	relations, err := s.Store.TagRelations(ctx, viewer, folded)
	if err != nil {
		return nil, err
	}
	history, err := s.tagHistory(ctx, folded)
	if err != nil {
		return nil, err
	}
	list := make([]TagInfo, len(tags))
	for i, t := range tags {
		list[i] = TagInfo{TagRelation: relations[t.Tag], Name: t.Name, History: history[t.Tag]}
		list[i].Tag = t.Tag
	}
	return list, nil
}

// FollowTag brings public posts with a hashtag into actor's home timeline; followed already is no
// error. Faults: NotFound for what is no hashtag, Unprocessable beyond storage.TagFollowsMax.
func (s *Service) FollowTag(ctx context.Context, actor storage.Account, text string) (TagInfo, error) {
	return s.changeTag(ctx, actor, text, func(tx *storage.Tx, tag, name string) error {
		return tx.FollowTag(ctx, actor.ID, tag, name)
	})
}

// UnfollowTag ends FollowTag; not followed is no error. The fault is NotFound for what is no
// hashtag.
func (s *Service) UnfollowTag(ctx context.Context, actor storage.Account, text string) (TagInfo, error) {
	return s.changeTag(ctx, actor, text, func(tx *storage.Tx, tag, _ string) error {
		return tx.UnfollowTag(ctx, actor.ID, tag)
	})
}

// FeatureTag shows a hashtag on actor's profile; shown already is no error. Faults: NotFound for
// what is no hashtag, Unprocessable beyond storage.FeaturedTagsMax.
func (s *Service) FeatureTag(ctx context.Context, actor storage.Account, text string) (TagInfo, error) {
	return s.changeTag(ctx, actor, text, func(tx *storage.Tx, tag, name string) error {
		_, err := tx.PutFeaturedTag(ctx, actor.ID, tag, name)
		return err
	})
}

// UnfeatureTag takes a hashtag from actor's profile; not shown is no error. The fault is NotFound
// for what is no hashtag.
func (s *Service) UnfeatureTag(ctx context.Context, actor storage.Account, text string) (TagInfo, error) {
	return s.changeTag(ctx, actor, text, func(tx *storage.Tx, tag, _ string) error {
		shown, err := tx.FeaturedTags(ctx, actor.ID)
		for _, t := range shown {
			if err == nil && t.Tag == tag {
				_, err = tx.DeleteFeaturedTag(ctx, actor.ID, t.ID)
			}
		}
		return err
	})
}

func (s *Service) changeTag(ctx context.Context, actor storage.Account, text string,
	change func(tx *storage.Tx, tag, name string) error,
) (TagInfo, error) {
	tag, name, err := tagNamed(text)
	if err != nil {
		return TagInfo{}, err
	}
	if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return change(tx, tag, name) }); err != nil {
		return TagInfo{}, err
	}
	return s.Tag(ctx, actor.ID, name)
}

// AddFeaturedTag is FeatureTag for those who want the entry. Faults: Unprocessable for what is no
// hashtag, is shown already, or is one too many.
func (s *Service) AddFeaturedTag(ctx context.Context, actor storage.Account, text string) (f storage.FeaturedTag, err error) {
	tag, name, err := tagNamed(text)
	if err != nil {
		return f, fault.New(fault.Unprocessable, "Validation failed: Tag name is invalid")
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		created, err := tx.PutFeaturedTag(ctx, actor.ID, tag, name)
		if err == nil && !created {
			err = fault.New(fault.Unprocessable, "Validation failed: Tag has already been taken")
		}
		return err
	})
	if err != nil {
		return f, err
	}
	shown, err := s.Store.FeaturedTags(ctx, actor.ID)
	for _, t := range shown {
		if t.Tag == tag {
			f = t
		}
	}
	return f, err
}

// RemoveFeaturedTag takes a hashtag from actor's profile by the id of the entry; the fault is
// NotFound.
func (s *Service) RemoveFeaturedTag(ctx context.Context, actor storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { _, err := tx.DeleteFeaturedTag(ctx, actor.ID, id); return err })
}

// MuteThread ends notifications about the thread of a post, and returns the post. It is NotFound
// for what actor may not see.
func (s *Service) MuteThread(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	return s.thread(ctx, actor, id, (*storage.Tx).MuteThread)
}

// UnmuteThread ends MuteThread; not muted is no error.
func (s *Service) UnmuteThread(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	return s.thread(ctx, actor, id, (*storage.Tx).UnmuteThread)
}

func (s *Service) thread(ctx context.Context, actor storage.Account, id int64,
	do func(tx *storage.Tx, ctx context.Context, account, thread int64) error,
) (storage.Status, error) {
	post, _, err := s.target(ctx, actor, id)
	if err != nil {
		return post, err
	}
	return post, s.Store.Tx(ctx, func(tx *storage.Tx) error {
		// Threads are joined, so the post is asked for its thread now.
		post, err := tx.StatusByID(ctx, post.ID)
		if err != nil {
			return err
		}
		return do(tx, ctx, actor.ID, post.ThreadID)
	})
}

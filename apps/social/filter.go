package social

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/storage"
)

// FilterContexts are the places where a filter may count, by the names that clients know.
func FilterContexts() []string {
	return []string{"home", "notifications", "public", "thread", "account"}
}

// Limits of what a filter says, as in Mastodon.
const (
	FilterTitleRunesMax   = 256
	FilterKeywordRunesMax = 512
)

// NewFilter adds a filter of actor's. Faults: Unprocessable, in Mastodon's words.
func (s *Service) NewFilter(ctx context.Context, actor storage.Account, f storage.Filter) (storage.Filter, error) {
	f.AccountID = actor.ID
	if err := checkFilter(f); err != nil {
		return f, err
	}
	given, made := f.Keywords, f
	err := s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		made = f
		made.Keywords = slices.Clone(given)
		made, err = tx.CreateFilter(ctx, made)
		return err
	})
	return made, err
}

func checkFilter(f storage.Filter) error {
	var problems []string
	if strings.TrimSpace(f.Title) == "" {
		problems = append(problems, "Title can't be blank")
	}
	if utf8.RuneCountInString(f.Title) > FilterTitleRunesMax {
		problems = append(problems, "Title is too long (maximum is 256 characters)")
	}
	if len(f.Contexts) == 0 {
		problems = append(problems, "Context can't be blank")
	}
	known := func(c string) bool { return slices.Contains(FilterContexts(), c) }
	if len(f.Contexts) == 0 || slices.ContainsFunc(f.Contexts, func(c string) bool { return !known(c) }) {
		problems = append(problems, "Context None or invalid context supplied")
	}
	if !slices.Contains([]string{storage.FilterWarn, storage.FilterHide, storage.FilterBlur}, f.Action) {
		problems = append(problems, "Action is not included in the list")
	}
	for _, k := range f.Keywords {
		if err := checkKeyword(k); err != nil {
			problems = append(problems, strings.TrimPrefix(fault.DetailOf(err), "Validation failed: "))
		}
	}
	if len(problems) > 0 {
		return fault.New(fault.Unprocessable, "Validation failed: %s", strings.Join(problems, ", "))
	}
	return nil
}

func checkKeyword(k storage.FilterKeyword) error {
	if strings.TrimSpace(k.Keyword) == "" {
		return fault.New(fault.Unprocessable, "Validation failed: Keyword can't be blank")
	}
	if utf8.RuneCountInString(k.Keyword) > FilterKeywordRunesMax {
		return fault.New(fault.Unprocessable, "Validation failed: Keyword is too long (maximum is 512 characters)")
	}
	return nil
}

// KeywordChange is what happens to one keyword of a filter: it is made (ID 0), changed or removed.
type KeywordChange struct {
	ID        int64
	Keyword   *string
	WholeWord *bool
	Remove    bool
}

// ChangeFilter replaces what a filter of actor's says, and changes some of its keywords, all or
// nothing. change gets the filter as it is. Faults: NotFound for a filter or keyword of others,
// Unprocessable, what change returns.
func (s *Service) ChangeFilter(ctx context.Context, actor storage.Account, id int64, change func(*storage.Filter) error,
	keywords ...KeywordChange,
) (after storage.Filter, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		f, err := tx.FilterOf(ctx, actor.ID, id)
		if err != nil {
			return err
		}
		if err := change(&f); err != nil {
			return err
		}
		if err := checkFilter(f); err != nil {
			return err
		}
		if err := tx.UpdateFilter(ctx, f); err != nil {
			return err
		}
		for _, k := range keywords {
			if err := changeKeyword(ctx, tx, f, k); err != nil {
				return err
			}
		}
		after, err = tx.FilterOf(ctx, actor.ID, id)
		return err
	})
	return after, err
}

func changeKeyword(ctx context.Context, tx *storage.Tx, f storage.Filter, c KeywordChange) error {
	k := storage.FilterKeyword{FilterID: f.ID, WholeWord: true}
	if c.ID != 0 {
		i := slices.IndexFunc(f.Keywords, func(k storage.FilterKeyword) bool { return k.ID == c.ID })
		if i < 0 {
			return fault.New(fault.NotFound, "Record not found")
		}
		k = f.Keywords[i]
	}
	switch {
	case c.Remove && c.ID != 0:
		return tx.DeleteFilterKeyword(ctx, f.AccountID, k.ID)
	case c.Remove:
		return nil
	}
	if c.Keyword != nil {
		k.Keyword = *c.Keyword
	}
	if c.WholeWord != nil {
		k.WholeWord = *c.WholeWord
	}
	if err := checkKeyword(k); err != nil {
		return err
	}
	if c.ID != 0 {
		return tx.UpdateFilterKeyword(ctx, f.AccountID, k)
	}
	_, err := tx.CreateFilterKeyword(ctx, f.AccountID, k)
	return err
}

// DeleteFilter removes a filter of actor's; the fault is NotFound.
func (s *Service) DeleteFilter(ctx context.Context, actor storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteFilter(ctx, actor.ID, id) })
}

// AddFilterKeyword adds a keyword to a filter of actor's. Faults: NotFound, Unprocessable.
func (s *Service) AddFilterKeyword(ctx context.Context, actor storage.Account, k storage.FilterKeyword) (made storage.FilterKeyword, err error) {
	if err := checkKeyword(k); err != nil {
		return k, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := tx.FilterOf(ctx, actor.ID, k.FilterID); err != nil {
			return err
		}
		made, err = tx.CreateFilterKeyword(ctx, actor.ID, k)
		return err
	})
	return made, err
}

// ChangeFilterKeyword changes a keyword of actor's filters; nil stays. Faults: NotFound,
// Unprocessable.
func (s *Service) ChangeFilterKeyword(ctx context.Context, actor storage.Account, id int64, keyword *string, whole *bool) (k storage.FilterKeyword, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if k, err = tx.FilterKeywordOf(ctx, actor.ID, id); err != nil {
			return err
		}
		if keyword != nil {
			k.Keyword = *keyword
		}
		if whole != nil {
			k.WholeWord = *whole
		}
		if err := checkKeyword(k); err != nil {
			return err
		}
		return tx.UpdateFilterKeyword(ctx, actor.ID, k)
	})
	return k, err
}

// DeleteFilterKeyword removes a keyword of actor's filters; with filterToo the filter goes with its
// last keyword, as Mastodon's older filters do. The fault is NotFound.
func (s *Service) DeleteFilterKeyword(ctx context.Context, actor storage.Account, id int64, filterToo bool) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		k, err := tx.FilterKeywordOf(ctx, actor.ID, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteFilterKeyword(ctx, actor.ID, id); err != nil || !filterToo {
			return err
		}
		f, err := tx.FilterOf(ctx, actor.ID, k.FilterID)
		if err != nil || len(f.Keywords) > 0 {
			return err
		}
		return tx.DeleteFilter(ctx, actor.ID, f.ID)
	})
}

// AddFilterStatus adds a post that actor may see to a filter of actor's. Faults: NotFound for
// either, Conflict for one that is there.
func (s *Service) AddFilterStatus(ctx context.Context, actor storage.Account, filter, status int64) (made storage.FilterStatus, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := tx.FilterOf(ctx, actor.ID, filter); err != nil {
			return err
		}
		if _, err := tx.VisibleStatus(ctx, actor.ID, status); err != nil {
			return err
		}
		made, err = tx.CreateFilterStatus(ctx, actor.ID, storage.FilterStatus{FilterID: filter, StatusID: status})
		return err
	})
	return made, err
}

// DeleteFilterStatus removes a post from actor's filters; the fault is NotFound.
func (s *Service) DeleteFilterStatus(ctx context.Context, actor storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if _, err := tx.FilterStatusOf(ctx, actor.ID, id); err != nil {
			return err
		}
		return tx.DeleteFilterStatus(ctx, actor.ID, id)
	})
}

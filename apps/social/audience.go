package social

import (
	"slices"

	"tulou/protocol/vocab"
	"tulou/storage"
)

// addressed returns to and cc of something with a visibility, as Mastodon writes them: whether
// Public is in to or in cc is how servers tell public from quiet.
func addressed(visibility, followers string, mentioned []string) (to, cc []string) {
	switch visibility {
	case storage.VisibilityPublic:
		return []string{vocab.Public}, append([]string{followers}, mentioned...)
	case storage.VisibilityUnlisted:
		return []string{followers}, append([]string{vocab.Public}, mentioned...)
	case storage.VisibilityPrivate:
		return []string{followers}, mentioned
	}
	return mentioned, nil
}

// visibilityOf reads to and cc of an author whose followers collection is given.
func visibilityOf(to, cc []string, followers string) string {
	switch {
	case slices.Contains(to, vocab.Public):
		return storage.VisibilityPublic
	case slices.Contains(cc, vocab.Public):
		return storage.VisibilityUnlisted
	case followers != "" && (slices.Contains(to, followers) || slices.Contains(cc, followers)):
		return storage.VisibilityPrivate
	}
	return storage.VisibilityDirect
}

// principals returns who may see a post. It is worked out here and nowhere else, for our own posts
// and for those of others, and always from the author's own words (A086).
func principals(visibility string, author int64, named []int64) []int64 {
	switch visibility {
	case storage.VisibilityPublic, storage.VisibilityUnlisted:
		return []int64{storage.Everybody}
	case storage.VisibilityPrivate:
		return append([]int64{storage.FollowersOf(author)}, named...)
	}
	return named
}

// isOpen tells whether everybody may see a post.
func isOpen(visibility string) bool {
	return visibility == storage.VisibilityPublic || visibility == storage.VisibilityUnlisted
}

func isVisibility(name string) bool {
	return isOpen(name) || name == storage.VisibilityPrivate || name == storage.VisibilityDirect
}

// accountIDs returns the ids of accounts.
func accountIDs(accounts []storage.Account) []int64 {
	found := make([]int64, len(accounts))
	for i, a := range accounts {
		found[i] = a.ID
	}
	return found
}

// accountURIs returns the actor ids of accounts.
func accountURIs(accounts []storage.Account) []string {
	found := make([]string, len(accounts))
	for i, a := range accounts {
		found[i] = a.URI
	}
	return found
}

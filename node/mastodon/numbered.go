package mastodon

import (
	"net/url"
	"strconv"
	"strings"
)

// pair is one value of a form, in the order in which it was sent.
type pair struct{ key, value string }

// parseQuery is url.ParseQuery with numbered objects (addNumbered).
func parseQuery(text string) (url.Values, error) {
	values, err := url.ParseQuery(text)
	if err != nil || !hasUnnumbered(values) {
		return values, err
	}
	var pairs []pair
	for part := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(part, "=")
		if part == "" {
			continue
		}
		// ParseQuery has found that both can be unescaped.
		key, _ = url.QueryUnescape(key)
		value, _ = url.QueryUnescape(value)
		pairs = append(pairs, pair{key, value})
	}
	values = url.Values{}
	addNumbered(values, pairs)
	return values, nil
}

func hasUnnumbered(values url.Values) bool {
	for key := range values {
		if strings.Contains(key, "[][") {
			return true
		}
	}
	return false
}

// addNumbered adds the values of a form, and numbers to lists of objects that are sent without,
// such as fields[][name]=a&fields[][value]=b&fields[][name]=c: as in Rails, the next object begins
// where a name comes again. If all names come equally often, they may stand in any order.
func addNumbered(values url.Values, pairs []pair) {
	counts := map[string]map[string]int{} // by list and member
	for _, p := range pairs {
		list, member, unnumbered := strings.Cut(p.key, "[][")
		if !unnumbered {
			continue
		}
		if counts[list] == nil {
			counts[list] = map[string]int{}
		}
		counts[list][member]++
	}
	at, next := map[string]int{}, map[string]int{} // by list, the object; by key, the first one without it
	for _, p := range pairs {
		list, member, unnumbered := strings.Cut(p.key, "[][")
		if !unnumbered {
			values.Add(p.key, p.value)
			continue
		}
		n := next[p.key]
		if !even(counts[list]) {
			if n > at[list] && !strings.HasSuffix(member, "[]") { // a member that is a list comes often
				at[list]++
			}
			n = at[list]
		}
		next[p.key] = n + 1
		values.Add(list+"["+strconv.Itoa(n)+"]["+member, p.value)
	}
}

// even tells whether all members of a list come equally often, and none of them is a list.
func even(counts map[string]int) bool {
	all := 0
	for member, n := range counts {
		if all != 0 && n != all || strings.HasSuffix(member, "[]") {
			return false
		}
		all = n
	}
	return true
}

package mastodon

import "strings"

// aboutTheNode tells whether an endpoint says something about the node and nothing about anybody on
// it. On a private node the others that are open elsewhere are for its people: a client program
// that anybody can register is not enough.
func aboutTheNode(path string) bool {
	return strings.HasPrefix(path, "/api/v1/instance") || strings.HasPrefix(path, "/api/v2/instance") || path == "/api/v1/custom_emojis"
}

// feedsAccess says who may read which public feeds.
func (a *API) feedsAccess() map[string]feedAccess {
	who := "public"
	if a.Private {
		who = "authenticated"
	}
	return map[string]feedAccess{
		"live_feeds": {who, who}, "hashtag_feeds": {who, who}, "trending_link_feeds": {who, who},
	}
}

package vocab

import (
	"fmt"

	gofed "github.com/go-fed/activity/streams/vocab"
	"github.com/go-json-experiment/json"

	"tulou/protocol/fault"
)

// Marshal writes a built type as it leaves the node. The same value always gives the same bytes:
// properties are sorted, the context names exactly what occurs, lists stay lists even with one
// entry, bto and bcc never come out, and < > & are written as they are. It is the only way out;
// what others wrote is forwarded in their own bytes instead, or their signatures would break.
// Errors are fault.Internal.
func Marshal(t gofed.Type) ([]byte, error) {
	m, err := t.Serialize()
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the object cannot be written")
	}
	used := map[string]bool{}
	tidy(m, used)
	m["@context"] = contextOf(used)
	raw, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("marshal: %w", err), fault.Internal, "the object cannot be written")
	}
	return raw, nil
}

// lists are the properties that stay JSON arrays with one entry. go-fed writes a single entry bare,
// which Mastodon does not accept for orderedItems (go-fed/activity#139).
var lists = setOf("to", "cc", "tag", "attachment", "orderedItems", "items", "oneOf", "anyOf")

// never are the properties that no document of ours has: hidden recipients (ActivityPub §6.2), the
// contexts of embedded objects, and what parsing attaches.
var never = setOf("bto", "bcc", "@context", sourceKey)

// tidy puts a serialised object in order, in place, and notes the names of properties and types.
func tidy(m map[string]any, used map[string]bool) {
	for name, value := range m {
		if value == nil || never[name] {
			delete(m, name)
			continue
		}
		used[name] = true
		if _, isList := value.([]any); lists[name] && !isList {
			value = []any{value}
			m[name] = value
		}
		if name == "type" {
			for _, t := range asList(value) {
				if text, ok := t.(string); ok {
					used[text] = true
				}
			}
		}
		if name != "contentMap" { // its names are languages
			tidyValue(value, used)
		}
	}
}

func tidyValue(value any, used map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		tidy(v, used)
	case []any:
		for _, element := range v {
			tidyValue(element, used)
		}
	}
}

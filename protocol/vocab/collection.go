package vocab

// Collection is a Collection, OrderedCollection or a page of one; Type tells. Large collections
// are never embedded whole: pages carry the items.
type Collection struct {
	ID           string
	Type         string
	TotalItems   int         // -1 if not given
	First        string      // id of the first page
	FirstPage    *Collection // the first page, if it is embedded
	Last         string
	Next         string
	Prev         string
	PartOf       string
	AttributedTo string
	Items        []Item // orderedItems or items, in order
}

// Item is a member of a collection: a bare IRI or an embedded object.
type Item struct {
	ID   string
	Type string // "" for a bare IRI
	Raw  []byte // the embedded object's bytes as received; nil for a bare IRI
}

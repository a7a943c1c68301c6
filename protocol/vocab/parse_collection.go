package vocab

// collectionOf reads a collection. Items are taken from the bytes: go-fed spends a kilobyte on each
// IRI, and whoever fetches a collection wants the items' own bytes.
func collectionOf(n node, raw []byte, depth int) (*Collection, error) {
	c := &Collection{
		ID: n.id(), Type: n.GetTypeName(), TotalItems: n.number("totalItems", -1),
		First: n.ref("first").id, Last: n.ref("last").id, Next: n.ref("next").id, Prev: n.ref("prev").id,
		PartOf: n.ref("partOf").id, AttributedTo: attributedTo(n),
	}
	for _, name := range []string{"orderedItems", "items"} {
		items, err := itemsOf(member(raw, name))
		if err != nil {
			return nil, err
		}
		c.Items = append(c.Items, items...)
	}
	if first := n.ref("first").node; first.Type != nil && depth < innerMax && collectionTypes[first.GetTypeName()] {
		page, err := collectionOf(first, embedded(raw, "first"), innerMax)
		if err != nil {
			return nil, err
		}
		c.FirstPage = page
	}
	return c, nil
}

func itemsOf(raw []byte) ([]Item, error) {
	var items []Item
	for _, element := range elements(raw, ItemsMax) {
		switch element[0] {
		case '"':
			if id := web(unquote(element)); id != "" {
				items = append(items, Item{ID: id})
			}
		case '{':
			e, err := identify(element)
			if err != nil {
				return nil, err
			}
			items = append(items, Item{ID: e.ID, Type: e.Type, Raw: element})
		}
	}
	return items, nil
}

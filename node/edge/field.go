package edge

// Field is one line of a form, for the part "field". Its name is its id, too. Texts are in the
// reader's language already.
type Field struct {
	Name, Label, Value string
	Type               string // "text" if empty
	Hint, Error        string // bound to the field for those who hear the page
	Autocomplete       string
	Optional           bool
	Plain              bool   // neither capitals nor spelling: a name or a code
	MinLength          int    // 0: any
	MaxLength          int    // 0: any
	Pattern            string // "" for any
	Mode               string // the keyboard of a phone: "numeric", …
	Rows               int    // a field of several lines, if not 0
	Focus              bool   // where to begin
}

// Described names what explains the field: hint and error, "" if there is neither.
func (f Field) Described() string {
	switch {
	case f.Hint != "" && f.Error != "":
		return f.Name + "-error " + f.Name + "-hint"
	case f.Error != "":
		return f.Name + "-error"
	case f.Hint != "":
		return f.Name + "-hint"
	}
	return ""
}

// Kind is the type of the input.
func (f Field) Kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

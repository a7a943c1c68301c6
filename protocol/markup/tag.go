package markup

// IsHashtag tells whether a name, without its sign, is one that Render would find as a hashtag.
func IsHashtag(name string) bool {
	return name != "" && tagLength(name, 0) == len(name)
}

// IsWordRune tells whether r is part of words: letters, marks, digits and '_'.
func IsWordRune(r rune) bool { return isWordRune(r) }

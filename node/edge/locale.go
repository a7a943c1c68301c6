package edge

import "golang.org/x/text/language"

// WordsFor returns the language nearest to one that somebody prefers (BCP 47), as mails use it.
func WordsFor(locale string) *Words {
	tag, err := language.Parse(locale[:min(len(locale), acceptLanguageMax)])
	if err != nil {
		return languages[0]
	}
	if _, i, confidence := matcher.Match(tag); confidence != language.No {
		return languages[i]
	}
	return languages[0]
}

// Isolate sets a text apart from the direction of the sentence in which it stands, by signs instead
// of markup: a name that begins with @ would be torn apart in a language that is written from right
// to left.
func (w *Words) Isolate(text string) string {
	if w.dir == "rtl" {
		return "\u2068" + text + "\u2069"
	}
	return text
}

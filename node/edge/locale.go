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

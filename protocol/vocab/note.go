package vocab

import "time"

// Note is a post of any kind: Note, Article, Page, Question, Image, Video, Audio, Event; Type says
// which.
//
// Content and Summary are HTML as other people wrote it; nothing here sanitises. Times are UTC with
// milliseconds; zero means absent.
type Note struct {
	ID           string
	Type         string // "" builds a Note
	URL          string // the page that people read; "" if none
	AttributedTo string
	Content      string            // HTML
	MediaType    string            // of Content; "" is HTML, PeerTube sends "text/markdown"
	ContentMap   map[string]string // language tag → HTML; nil if the author gave none
	Language     string            // BCP 47; "" if unknown
	Summary      string            // the content warning, or the abstract of an Article
	Name         string            // the title; plain text
	Sensitive    bool
	InReplyTo    string
	Published    time.Time
	Updated      time.Time
	To           []string // Public in its one spelling, without duplicates
	Cc           []string
	Audience     []string // the community that it was posted in (FEP-1b12)
	Tags         []Tag
	Attachments  []Attachment
	Source       *Source
	Conversation string // the OStatus-style id that Mastodon sends
	Context      string // the AS2 context collection or object, where given
	Replies      string // id of the collection
	RepliesPage  string // its first page, told along with it; never read
	Likes        string // id of the collection
	Shares       string // id of the collection
	Quote        string // id of the quoted post, by any of the names in use (quoteOf)
	QuoteConsent string // quoteAuthorization of FEP-044f
	Policy       *QuotePolicy
	Poll         *Poll
}

// Source is what the author typed.
type Source struct {
	Content   string
	MediaType string // "text/plain", "text/markdown", …
}

// Tag is a mention, a hashtag or a custom emoji. Other kinds are dropped.
type Tag struct {
	Type    string // "Mention", "Hashtag" or "Emoji"
	Name    string // "@ana@harbor.example", "#tulou", ":blob:"
	Href    string // the actor of a mention, the page of a hashtag
	ID      string // of an Emoji
	Icon    string // the image of an Emoji
	Updated time.Time
}

// The kinds of Tag.
const (
	TagMention = "Mention"
	TagHashtag = "Hashtag"
	TagEmoji   = "Emoji"
)

// Attachment is a media file of a post.
type Attachment struct {
	Type      string // "Document", "Image", "Video", "Audio"; "" builds a Document
	MediaType string // "image/png"; "" if unknown
	URL       string
	Name      string // what it shows, for those who cannot see it
	Blurhash  string
	Width     int         // pixels; 0 if unknown
	Height    int         // pixels; 0 if unknown
	Focus     *[2]float64 // focal point, x and y from -1 to 1; nil if unknown
	Thumbnail string      // the preview image of a video or audio file
}

// QuotePolicy says who may quote (interactionPolicy.canQuote of FEP-044f). The entries are actor
// or collection ids, or Public.
type QuotePolicy struct {
	Automatic []string
	Manual    []string
}

// QuoteConsent is a QuoteAuthorization of FEP-044f: the author of a post agrees that another one
// quotes it.
type QuoteConsent struct {
	ID           string
	AttributedTo string // the author of the quoted post
	Quoting      string // interactingObject: the post that quotes
	Quoted       string // interactionTarget: the post that is quoted
}

// Poll is the voting part of a Question.
type Poll struct {
	Multiple bool // anyOf rather than oneOf
	Options  []PollOption
	EndTime  time.Time // zero: open end
	Closed   time.Time // zero: not closed
	Voters   int       // toot:votersCount; 0 if unknown
}

// PollOption is one choice with the votes counted so far.
type PollOption struct {
	Name  string
	Votes int
}

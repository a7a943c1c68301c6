package vocab

// What is read from a stranger's document is bounded here, because a body of 1 MiB can hold a
// hundred thousand poll options or aliases (CVE-2026-23962), and because one typed object costs
// go-fed some kilobytes whatever its size. "Cut" means that the rest is ignored, "refused" that the
// document is fault.Invalid.
const (
	DepthMax       = 64       // nested values; refused. No known software exceeds 12
	ObjectsMax     = 2000     // typed objects in a document; refused. Bounds parsing to 15 MB
	ContentBytes   = 1 << 20  // a post's content; refused. Long articles stay under 300 KiB
	NameBytes      = 2048     // display names, titles, user names; cut
	AltBytes       = 10_000   // descriptions of media; cut. Mastodon allows 1,500 characters
	SummaryBytes   = 20 << 10 // bios and content warnings; cut
	FieldsMax      = 50       // rows of a profile's table; cut
	FieldBytes     = 2048     // name or value of a row; cut
	AliasesMax     = 256      // alsoKnownAs; cut
	SitesMax       = 10       // attributionDomains; cut. Mastodon's limit
	SiteBytes      = 255      // of one; longer ones are left out, since no host is
	KeysMax        = 10       // keys of an actor; cut, so that verifying cannot be made expensive
	TagsMax        = 200      // hashtags and emoji of a post; cut
	MentionsMax    = 200      // mentions of a post; cut
	AttachmentsMax = 32       // media of a post; cut
	OptionsMax     = 500      // choices of a poll; refused, since cutting would falsify it
	RecipientsMax  = 2000     // to, cc and audience each; refused
	LanguagesMax   = 50       // entries of a contentMap; cut
	ItemsMax       = 1000     // items of a collection page; cut
	arrayMax       = 400      // any other list of references; cut
	innerMax       = 3        // activities inside activities that are read; deeper ones stay unread
)

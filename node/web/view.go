package web

import (
	"context"
	"hash/fnv"
	"html/template"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tulou/protocol/markup"
	"tulou/storage"
)

// person is somebody as pages show them.
type person struct {
	Name, URL            string
	Handle               string        // with the host
	Short                string        // without it, for people of this node among others
	Display              string        // plain
	Shown                template.HTML // with custom emoji
	Avatar, Header       string        // "" for none that may be shown
	AvatarText           string        // what the pictures show, "" if nobody said
	HeaderText           string
	Media                bool   // the profile has a part with media
	Initial              string // instead of a picture
	Hue                  int    // of that, 0 to 7
	Bio                  template.HTML
	Fields               []field
	Since                time.Time
	Posts                int64
	Followers, Following int64
	Local, Bot, Locked   bool
	Group, Indexable     bool
	Discoverable         bool
	Actor                string
}

type field struct {
	Name     template.HTML
	Value    template.HTML
	Verified time.Time // zero if nobody verified it
}

// post is a post as pages show it, at most one level of boost deep.
type post struct {
	ID             int64
	By             person
	BoostedBy      *person
	Pinned         bool
	URI, URL       string
	Local          bool
	At, Edited     time.Time // Edited is zero for one that was not
	Language       string
	Spoiler        template.HTML
	SpoilerText    string
	Content        template.HTML
	Plain          string
	ReplyTo        *person
	ReplyToSelf    bool
	Quiet          bool // for everybody, but not in public feeds
	Sensitive      bool
	Media          []picture
	Poll           *poll
	Card           *card
	Tags           []storage.Tag
	Replies        int64
	Boosts, Likes  int64
	Depth          int // in a thread, from 0
	Focused        bool
	ReplyToUnknown string // the address of what it answers, if that is not known here
}

// picture is a picture, film or sound.
type picture struct {
	Kind, URL, Preview, Type, Description string
	Width, Height                         int
}

type poll struct {
	Choices []choice
	Voters  int64
	Secret  bool // until it ends
	Ended   bool
	Ends    time.Time // zero: never
}

type choice struct {
	Title   string
	Votes   int64
	Percent int64
	Most    bool
}

type card struct {
	URL, Title, Description, Provider, Image, ImageDescription string
}

// hues is how many colours there are for letters instead of pictures.
const hues = 8

// ours is the address of a picture if it is served by this node, "" if not: nothing is loaded from
// elsewhere, since that would tell others who reads what.
func (s *Site) ours(address string) string {
	address = s.Paths.Address(address)
	if strings.HasPrefix(address, s.Paths.Base+"/") || s.Paths.MediaBase != "" && strings.HasPrefix(address, s.Paths.MediaBase+"/") {
		return address
	}
	return ""
}

func (s *Site) person(a storage.Account, emoji emojis) person {
	p := person{
		Name: a.Name, URL: a.URL, Display: a.DisplayName, Actor: a.URI, Since: a.CreatedAt.Time(), Local: a.Local(), Bot: a.Bot,
		Group: a.Type == "Group", Locked: a.Locked, Indexable: a.Indexable, Discoverable: a.Discoverable,
		Posts: a.StatusesCount, Followers: a.FollowersCount, Following: a.FollowingCount,
		Avatar: s.ours(a.Avatar), Header: s.ours(a.Header), AvatarText: a.AvatarDescription, HeaderText: a.HeaderDescription,
		Media: !a.HideMedia, Handle: a.Handle().String(),
	}
	if p.Display == "" {
		p.Display = a.Name
	}
	if p.URL == "" {
		p.URL = a.URI
	}
	p.Short = p.Handle
	if a.Local() {
		p.Handle, p.Short = a.Name+"@"+s.Host, a.Name
		if p.Avatar == "" {
			p.Avatar = s.Avatar(a.Name)
		}
	}
	p.Shown = emoji.in(a.EmojiHost(), template.HTML(template.HTMLEscapeString(p.Display)))
	p.Bio = emoji.in(a.EmojiHost(), template.HTML(a.Bio))
	for _, f := range a.Fields {
		shown := field{Name: emoji.in(a.EmojiHost(), template.HTML(template.HTMLEscapeString(f.Name))), Value: emoji.in(a.EmojiHost(), template.HTML(f.Value))}
		if f.VerifiedAt != 0 {
			shown.Verified = f.VerifiedAt.Time()
		}
		p.Fields = append(p.Fields, shown)
	}
	p.Initial, p.Hue = initial(p.Display), hueOf(a.URI)
	return p
}

// initial is the letter that stands for somebody without a picture.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	r, _ := utf8.DecodeRuneInString(name)
	return string(r)
}

func hueOf(uri string) int {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(uri))
	return int(hash.Sum32() % hues)
}

// named renders people by id.
func (s *Site) named(ctx context.Context, accounts []storage.Account) (map[int64]person, error) {
	emoji, err := s.emojisOf(ctx, accounts, nil)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]person, len(accounts))
	for _, a := range accounts {
		all[a.ID] = s.person(a, emoji)
	}
	return all, nil
}

// posts reads what a page shows, with boosts as the post that was boosted.
func (s *Site) posts(ctx context.Context, stamps []storage.Stamp) ([]post, error) {
	statuses, err := s.Store.Statuses(ctx, stamps)
	if err != nil {
		return nil, err
	}
	return s.render(ctx, statuses)
}

// render makes posts of statuses that a stranger may see.
func (s *Site) render(ctx context.Context, statuses []storage.Status) (list []post, err error) {
	p, err := s.gather(ctx, statuses)
	if err != nil {
		return nil, err
	}
	for _, status := range statuses {
		original, booster := status, (*person)(nil)
		if status.BoostOfID != 0 {
			boosted, ok := p.boosted[status.BoostOfID]
			if !ok {
				continue // deleted meanwhile
			}
			by := p.people[status.AccountID]
			original, booster = boosted, &by
		}
		shown := p.post(s, original)
		shown.BoostedBy = booster
		list = append(list, shown)
	}
	return list, nil
}

// parts is everything that a page of posts is made of.
type parts struct {
	boosted map[int64]storage.Status
	people  map[int64]person
	hosts   map[int64]string // of people
	media   map[int64][]storage.Attachment
	polls   map[int64]storage.Poll
	cards   map[int64]storage.Card
	tags    map[int64][]storage.Tag
	emoji   emojis
}

func (s *Site) gather(ctx context.Context, statuses []storage.Status) (p parts, err error) {
	var wanted, of, about []int64
	for _, status := range statuses {
		wanted = append(wanted, status.BoostOfID)
		of = append(of, status.AccountID, status.ReplyToAccount)
		about = append(about, status.ID)
	}
	if p.boosted, err = s.Store.StatusesByIDs(ctx, wanted); err != nil {
		return p, err
	}
	all := statuses
	for _, status := range p.boosted {
		of = append(of, status.AccountID, status.ReplyToAccount)
		about = append(about, status.ID)
		all = append(all, status)
	}
	accounts, err := s.Store.AccountsByIDs(ctx, of)
	if err != nil {
		return p, err
	}
	if p.media, err = s.Store.Attachments(ctx, about); err != nil {
		return p, err
	}
	if p.polls, err = s.Store.Polls(ctx, about); err != nil {
		return p, err
	}
	if p.cards, err = s.Store.Cards(ctx, about); err != nil {
		return p, err
	}
	if p.tags, err = s.Store.Tags(ctx, about); err != nil {
		return p, err
	}
	list := make([]storage.Account, 0, len(accounts))
	p.hosts = make(map[int64]string, len(accounts))
	for id, a := range accounts {
		list = append(list, a)
		p.hosts[id] = a.EmojiHost()
	}
	if p.emoji, err = s.emojisOf(ctx, list, texts(all, p)); err != nil {
		return p, err
	}
	p.people = make(map[int64]person, len(list))
	for _, a := range list {
		p.people[a.ID] = s.person(a, p.emoji)
	}
	return p, nil
}

// texts are what posts say, by the host whose emoji they name.
func texts(statuses []storage.Status, p parts) map[string][]string {
	by := map[string][]string{}
	for _, status := range statuses {
		host := p.hosts[status.AccountID]
		by[host] = append(by[host], status.Content, status.Spoiler)
	}
	return by
}

func (p parts) post(s *Site, status storage.Status) post {
	host := p.hosts[status.AccountID]
	shown := post{
		ID: status.ID, By: p.people[status.AccountID], URI: status.URI, URL: status.URL, Local: status.Local,
		At: status.CreatedAt.Time(), Language: status.Language, SpoilerText: status.Spoiler,
		Spoiler: p.emoji.in(host, template.HTML(template.HTMLEscapeString(status.Spoiler))),
		Content: p.emoji.in(host, template.HTML(status.Content)), Plain: markup.PlainText(status.Content),
		Quiet: status.Visibility == storage.VisibilityUnlisted, Sensitive: status.Sensitive,
		Replies: status.RepliesCount, Boosts: status.BoostsCount, Likes: status.LikesCount, Tags: p.tags[status.ID],
	}
	if shown.URL == "" {
		shown.URL = status.URI
	}
	if status.EditedAt != 0 {
		shown.Edited = status.EditedAt.Time()
	}
	if to, ok := p.people[status.ReplyToAccount]; ok {
		shown.ReplyTo, shown.ReplyToSelf = &to, status.ReplyToAccount == status.AccountID
	}
	if status.ReplyToID == 0 {
		shown.ReplyToUnknown = status.ReplyToURI
	}
	for _, a := range p.media[status.ID] {
		shown.Media = append(shown.Media, s.picture(a))
	}
	if asked, ok := p.polls[status.ID]; ok {
		shown.Poll = pollOf(asked)
	}
	if c, ok := p.cards[status.ID]; ok && c.Type != "" && len(shown.Media) == 0 {
		shown.Card = &card{URL: c.URL, Title: c.Title, Description: c.Description, Provider: c.ProviderName,
			Image: s.Paths.Media(c.ImageKey, "card"), ImageDescription: c.ImageDescription}
	}
	return shown
}

// sizes of what has no size: the shape of most photographs.
const (
	widthUnknown  = 1200
	heightUnknown = 900
)

func (s *Site) picture(a storage.Attachment) picture {
	p := picture{Kind: a.Kind, Type: a.MediaType, Description: a.Description, Width: a.Width, Height: a.Height}
	if a.FileKey == "" { // it is not served here
		p.Kind, p.URL = storage.KindUnknown, a.RemoteURL
		return p
	}
	p.URL = s.Paths.Media(a.FileKey, fileName(storage.WordOriginal, a.MediaType))
	p.Preview = s.Paths.Media(a.PreviewKey, fileName(storage.WordSmall, a.PreviewType))
	if p.Preview == "" && a.Kind == storage.KindImage {
		p.Preview = p.URL
	}
	if p.Width <= 0 || p.Height <= 0 {
		p.Width, p.Height = widthUnknown, heightUnknown
	}
	return p
}

func fileName(word, mediaType string) string {
	if name, ok := storage.FileName(word, mediaType); ok {
		return name
	}
	return word
}

// Film tells whether it is a video or sound, which browsers show with controls.
func (p picture) Film() bool { return p.Kind == storage.KindVideo || p.Kind == storage.KindGifv }

// Sound tells whether there is only something to hear.
func (p picture) Sound() bool { return p.Kind == storage.KindAudio }

// Image tells whether it is a picture.
func (p picture) Image() bool { return p.Kind == storage.KindImage }

func pollOf(asked storage.Poll) *poll {
	shown := &poll{Voters: asked.Voters, Ended: asked.Ended(time.Now())}
	shown.Secret = asked.HideTotals && !shown.Ended
	if asked.ExpiresAt != 0 {
		shown.Ends = asked.ExpiresAt.Time()
	}
	var all, most int64
	for _, o := range asked.Options {
		all += o.Votes
		most = max(most, o.Votes)
	}
	if asked.Multiple && asked.Voters > 0 {
		all = asked.Voters
	}
	for _, o := range asked.Options {
		c := choice{Title: o.Title}
		if !shown.Secret && all > 0 {
			c.Votes, c.Percent, c.Most = o.Votes, min(100, (o.Votes*100+all/2)/all), o.Votes == most && most > 0
		}
		shown.Choices = append(shown.Choices, c)
	}
	return shown
}

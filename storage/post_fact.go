package storage

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"tulou/protocol/markup"
	"tulou/protocol/words"
)

// Limits of what is kept of a post to find it by. An article has a few thousand words; a post that
// thousands here like is found by everybody else in other ways.
const (
	postWordsMax   = 4000
	postHoldersMax = 4000
	postTagsMax    = 100
	// tagWordsMax bounds the parts of a hashtag that tell it from others: an engine's words are at
	// most 2046 bytes.
	tagWordsMax = 12
	// languageBytesMax is the longest name of a language worth a fact (RFC 5646 section 4.4.1).
	languageBytesMax = 35
)

// Fact is something that a post is besides its words, as a word that no text has: words have no _.
// Facts make searches fast; who may find a post is asked anew of the tables (findable posts).
type Fact string

// The facts that are one thing.
const (
	FactPublic    Fact = "_c" // public, of somebody who lets their posts be found
	FactMedia     Fact = "_hm"
	FactImage     Fact = "_hi"
	FactVideo     Fact = "_hv"
	FactAudio     Fact = "_ha"
	FactPoll      Fact = "_hp"
	FactLink      Fact = "_hl"
	FactReply     Fact = "_ir"
	FactSensitive Fact = "_is"
)

// FactAuthor is that an account wrote it.
func FactAuthor(account int64) Fact { return "_a" + Fact(strconv.FormatInt(account, 36)) }

// FactMention is that it mentions an account.
func FactMention(account int64) Fact { return "_m" + Fact(strconv.FormatInt(account, 36)) }

// factHolder is that somebody of this node likes it, boosted it, bookmarked it or voted in it.
func factHolder(account int64) Fact { return "_l" + Fact(strconv.FormatInt(account, 36)) }

// FactLanguage is that it is in a language, or in one of its varieties: "zh" is of "zh-TW", too.
func FactLanguage(tag string) Fact {
	tag = tag[:min(len(tag), languageBytesMax)]
	return "_g" + Fact(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case r == '-' || r == '_':
			return '_'
		}
		return -1
	}, strings.ToLower(tag)))
}

// FactTag is that it has a folded hashtag.
func FactTag(tag string) Fact {
	return "_t" + Fact(strings.Join(words.List(strings.ReplaceAll(tag, "_", " "), tagWordsMax), "_"))
}

// FactSign is that it has a sign of a script without spaces in it.
func FactSign(sign string) Fact { return "_u" + Fact(sign) }

// factAge are where in time it is, in periods of four lengths (agePeriods).
func factAge(level int, id int64) Fact {
	return Fact("_z" + strconv.Itoa(level) + strconv.FormatInt(id>>agePeriods[level], 36))
}

// agePeriods are how many bits of an id are left out to number the periods: about 70 minutes, 19
// hours, 12 days and 199 days.
var agePeriods = [...]int{44, 48, 52, 56}

// postRead is a post with all that it is found by.
type postRead struct {
	ID         int64
	AccountID  int64 `db:"account_id"`
	Visibility string
	Reply      bool
	Sensitive  bool
	Language   string
	Spoiler    string
	Content    string
	Indexable  bool
}

// wordsOf is what the index keeps of a post: words in their order, and facts.
type wordsOf struct {
	id    int64
	words []string
	facts []Fact
}

// readPosts returns what the posts are found by, of those that nobody changes just now: boosts say
// nothing.
func (tx *Tx) readPosts(ctx context.Context, posts []int64) (read []wordsOf, err error) {
	list, err := listIn[postRead](ctx, tx.Reader, `
		SELECT s.id, s.account_id, s.visibility, s.reply_to_uri <> '' OR s.reply_to_id <> 0 AS reply, s.sensitive, s.language,
			s.spoiler, s.content, COALESCE((SELECT a.indexable FROM account a WHERE a.id = s.account_id), FALSE) AS indexable
		FROM status s WHERE s.id IN (?) AND s.boost_of_id = 0 {{skip locked}}`, posts)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	there := make([]int64, len(list))
	for i, p := range list {
		there[i] = p.ID
	}
	parts, err := tx.readParts(ctx, there)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		read = append(read, parts.wordsOf(p))
	}
	return read, nil
}

// postParts are what belongs to some posts.
type postParts struct {
	media    map[int64][]Attachment
	polls    map[int64]Poll
	tags     map[int64][]Tag
	mentions map[int64][]int64
	holders  map[int64][]holder
}

// holder is somebody of this node who did something with a post that they may look for later.
type holder struct {
	StatusID  int64 `db:"status_id"`
	AccountID int64 `db:"account_id"`
}

func (tx *Tx) readParts(ctx context.Context, posts []int64) (p postParts, err error) {
	if p.media, err = tx.Attachments(ctx, posts); err != nil {
		return p, err
	}
	if p.polls, err = tx.Polls(ctx, posts); err != nil {
		return p, err
	}
	if p.tags, err = tx.Tags(ctx, posts); err != nil {
		return p, err
	}
	if p.mentions, err = tx.Mentions(ctx, posts); err != nil {
		return p, err
	}
	var all []holder
	for _, table := range []string{
		`SELECT x.status_id, x.account_id FROM likes x CROSS JOIN login l WHERE l.account_id = x.account_id AND x.status_id IN (?)`,
		`SELECT x.status_id, x.account_id FROM bookmark x WHERE x.status_id IN (?)`,
		`SELECT x.boost_of_id AS status_id, x.account_id FROM status x WHERE x.boost_of_id IN (?) AND x.boost_of_id <> 0 AND x.local`,
		`SELECT x.status_id, x.account_id FROM poll_vote x CROSS JOIN login l WHERE l.account_id = x.account_id AND x.status_id IN (?)`,
	} {
		some, err := listIn[holder](ctx, tx.Reader, table, posts)
		if err != nil {
			return p, err
		}
		all = append(all, some...)
	}
	p.holders = grouped(all, func(h holder) int64 { return h.StatusID })
	return p, nil
}

func (p postParts) wordsOf(s postRead) wordsOf {
	text := []string{s.Spoiler, markup.Flat(s.Content)}
	facts := []Fact{FactAuthor(s.AccountID)}
	put := func(when bool, f Fact) {
		if when {
			facts = append(facts, f)
		}
	}
	put(s.Visibility == VisibilityPublic && s.Indexable, FactPublic)
	put(s.Reply, FactReply)
	put(s.Sensitive, FactSensitive)
	put(len(markup.Hrefs(s.Content)) > 0, FactLink)
	if language := FactLanguage(s.Language); language != "_g" {
		facts = append(facts, language)
		base, _, variety := strings.Cut(string(language[2:]), "_")
		put(variety, "_g"+Fact(base))
	}
	for _, a := range p.media[s.ID] {
		text = append(text, a.Description)
		put(true, FactMedia)
		put(a.Kind == KindImage, FactImage)
		put(a.Kind == KindVideo || a.Kind == KindGifv, FactVideo)
		put(a.Kind == KindAudio, FactAudio)
	}
	if poll, ok := p.polls[s.ID]; ok {
		put(true, FactPoll)
		for _, o := range poll.Options {
			text = append(text, o.Title)
		}
	}
	for _, t := range p.tags[s.ID][:min(len(p.tags[s.ID]), postTagsMax)] {
		put(FactTag(t.Tag) != "_t", FactTag(t.Tag))
	}
	for _, account := range p.mentions[s.ID] {
		put(true, FactMention(account))
	}
	for _, h := range p.holders[s.ID][:min(len(p.holders[s.ID]), postHoldersMax)] {
		put(true, factHolder(h.AccountID))
	}
	all := strings.Join(text, "\n")
	for _, sign := range words.Signs(all, postWordsMax) {
		put(true, FactSign(sign))
	}
	slices.Sort(facts)
	return wordsOf{id: s.ID, words: words.List(all, postWordsMax), facts: slices.Compact(facts)}
}

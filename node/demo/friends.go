package demo

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"tulou/apps/moments"
	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What is among friends: who they are, what they call each other in their own books, and the
// Moments that they show each other. Nothing of it is in the public script.

// friendships are who asked whom. Whoever is not to agree yet leaves a request to be answered.
var friendships = []struct {
	who, whom, greeting string
	waits               bool
}{
	{who: "ben", whom: "ana"},
	{who: "mei", whom: "ana", greeting: "我是码头那头的邻居。It is me, with the camera."},
	{who: "ana", whom: "iris", greeting: "The one with the rope."},
	{who: "tomas", whom: "ana", greeting: "You ate my bread before you knew my name."},
	{who: "tomas", whom: "iris"},
	{who: "yuki", whom: "iris"},
	{who: "ben", whom: "tomas", greeting: "Fog, ovens, you remember."},
	{who: "noor", whom: "iris", greeting: "We talked about lichen on your ladder."},
	{who: "noor", whom: "ana"},
	{who: "wen", whom: "noor"},
	{who: "lena", whom: "mei"},
	{who: "sefa", whom: "ben"},
	{who: "kofi", whom: "ana"},
	{who: "xia", whom: "mei"},
	{who: "lio", whom: "ben"},
	{who: "lio", whom: "mei", greeting: "Del barco de las seis, el que saluda."},
	{who: "amara", whom: "ben", greeting: "You owe me a thermos."},
	{who: "goran", whom: "iris"},
	{who: "goran", whom: "tomas"},
	{who: "farah", whom: "iris", greeting: "من الجدار الغربي."},
	{who: "farah", whom: "mei"},
	{who: "yuki", whom: "ana", greeting: "About the offcuts: I come by on Thursday with the van.", waits: true},
	{who: "otto", whom: "ana", greeting: "Klara and I walked past your yard.", waits: true},
	{who: "ana", whom: "lena", greeting: "A question about the spring tide.", waits: true},
}

// circles are how people sort their friends.
var circles = []struct {
	who, name string
	members   []string
}{
	{"ana", "Pier 3", []string{"ben", "mei", "tomas"}},
	{"ana", "Close friends", []string{"iris", "ben", "noor"}},
	{"iris", "Harvest", []string{"tomas", "yuki", "ana"}},
	{"mei", "看海的人", []string{"ana", "lena"}},
}

// lists are what people read together.
var lists = []struct {
	who, title string
	members    []string
}{
	{"ana", "Wood and water", []string{"yuki", "ben", "mei", "lena"}},
	{"ana", "Kitchen", []string{"tomas", "iris"}},
}

// snapshot is a Moment of the village.
type snapshot struct {
	who, as, say, place string
	circle              string // the name of one of who's circles; "": all friends
	shows               []picture
}

var snapshots = []snapshot{
	{who: "mei", as: "lanterns", say: "夜市亮灯了。Grandma counted 120 dumplings and says it is not enough.", place: "Old Street, North Gate", shows: []picture{
		{scene: "market", seed: "market", words: "Red lanterns over the night market"},
		{scene: "soup", seed: "market", square: true, words: "A bowl of noodle soup with egg and leeks, from above"},
		{scene: "tea", seed: "market", square: true, words: "Two cups of tea that steam in the dark"}}},
	{who: "iris", as: "evening", say: "Last light on the third terrace. The ladder stays where it is until spring.", shows: []picture{
		{scene: "evening", seed: "terrace", words: "Red hills, one behind the other, at sunset"}}},
	{who: "ana", as: "ribs", circle: "Pier 3", say: "All eighteen ribs are in. Do not tell my back.", place: "Pier 3", shows: []picture{
		{scene: "keel", seed: "ribs", words: "A keel with eighteen ribs in the shed"},
		{scene: "joint", seed: "ribs", square: true, words: "A joint of four dovetails"},
		{scene: "dusk", seed: "ribs", square: true, words: "The harbour at dusk"}}},
	{who: "tomas", as: "loaves", say: "Four in the morning, three loaves, one witness (cat).", shows: []picture{
		{scene: "bread", seed: "loaves", words: "Three round loaves on a floured table"},
		{scene: "hills", seed: "loaves", square: true, words: "Morning over the hills behind the bakery"}}},
	{who: "ben", as: "home", say: "Off watch. The whole bay to myself and a thermos that still means it."},
	{who: "ben", as: "coffee", say: "Coffee on the quay, four of us, no agenda. Recommended.", place: "Pier 3", shows: []picture{
		{scene: "tea", seed: "coffee", words: "Two cups that steam, on a wooden table"},
		{scene: "dusk", seed: "coffee", square: true, words: "The harbour in the last light"}}},
	{who: "mei", as: "fridge", say: "冰箱里只剩胶卷和柠檬。", shows: []picture{
		{scene: "sea", seed: "fridge", square: true, words: "早上的海"},
		{scene: "evening", seed: "fridge", square: true, words: "傍晚的山"},
		{scene: "lighthouse", seed: "fridge", square: true, words: "夜里的灯塔"},
		{scene: "market", seed: "fridge", square: true, words: "夜市"}}},
	{who: "iris", as: "soup-night", say: "Soup for eleven. Twelve came. It was enough.", place: "The long table", shows: []picture{
		{scene: "soup", seed: "eleven", square: true, words: "A bowl of soup from above"},
		{scene: "bread", seed: "eleven", square: true, words: "Loaves on a board"}}},
	{who: "tomas", as: "hive", say: "Hive nine has opinions about Thursdays. I leave her alone on Thursdays."},
	{who: "lio", as: "mist", say: "Hoy el mar no tenía borde.", shows: []picture{{scene: "sea", seed: "mist", words: "El mar por la mañana"}}},
	{who: "noor", as: "wall", say: "The wall behind the station again. It is winning.", shows: []picture{
		{scene: "moss", seed: "wall", square: true, words: "A stone wall, half of it green"}}},
	{who: "lena", as: "beam", say: "Somebody left the light on.", shows: []picture{{scene: "lighthouse", seed: "beam", words: "A lighthouse at night and its beam"}}},
	{who: "kofi", as: "sixty-five", say: "She rolls. She also stops.", shows: []picture{{scene: "wheel", seed: "65", words: "A cargo bicycle"}}},
}

// covers are what somebody puts above their Moments: one of scenes.
var covers = map[string]string{"ana": "dusk", "mei": "market", "iris": "hills", "noor": "moss", "tomas": "evening"}

// answers are what friends say to a Moment; without words they like it.
var answers = []struct{ who, to, say string }{
	{"ana", "lanterns", "Save me twelve."},
	{"lena", "lanterns", "The sea is quieter than your street tonight."},
	{"ana", "evening", ""},
	{"tomas", "evening", "The ladder is mine, and I say it may."},
	{"yuki", "evening", ""},
	{"noor", "evening", ""},
	{"ben", "ribs", "Your back told mine."},
	{"tomas", "ribs", ""},
	{"mei", "ribs", "星期五我来拍照。"},
	{"ana", "loaves", "The cat has better hours than I have."},
	{"ben", "loaves", ""},
	{"ana", "coffee", "I was the fourth. The agenda was cake."},
	{"mei", "coffee", ""},
	{"tomas", "coffee", ""},
	{"ana", "fridge", "Lemons keep. Film does not. Come to dinner."},
	{"ben", "fridge", ""},
	{"ana", "soup-night", ""},
	{"tomas", "soup-night", "Who was the twelfth?"},
	{"yuki", "soup-night", "私です。"},
	{"iris", "hive", ""},
	{"ana", "wall", ""},
	{"iris", "wall", "Eleven species, and you are late for every train."},
	{"ana", "sixty-five", ""},
	{"ana", "home", ""},
}

// player finds somebody by name; nil if they do not live in this village.
func (s *stage) player(name string) *player {
	at := slices.IndexFunc(s.players, func(p *player) bool { return p.name == name })
	if at < 0 {
		return nil
	}
	return s.players[at]
}

// pair is two people who both live here, and the account of the second as the first one's node has
// it.
func (s *stage) pair(ctx context.Context, who, whom string) (p *player, other int64, err error) {
	p, they := s.player(who), s.player(whom)
	if p == nil || they == nil {
		return nil, 0, nil
	}
	other, err = p.knows(ctx, they)
	return p, other, err
}

func (p *player) knows(ctx context.Context, they *player) (int64, error) {
	handle, err := ids.ParseHandle(they.handle)
	if err != nil {
		return 0, err
	}
	account, err := p.node.Engine().Resolve(ctx, handle)
	return account.ID, err
}

// ask has people ask each other to be friends.
func (s *stage) ask(ctx context.Context) error {
	for _, f := range friendships {
		p, other, err := s.pair(ctx, f.who, f.whom)
		if err == nil && p != nil {
			err = p.node.People().AskFriend(ctx, p.self, other, people.FriendAsk{Greeting: f.greeting})
		}
		if err != nil {
			return fmt.Errorf("%s asks %s: %w", f.who, f.whom, err)
		}
	}
	return nil
}

// agree has those accept who do, and everybody sort what they have.
func (s *stage) agree(ctx context.Context) error {
	for _, f := range friendships {
		p, other, err := s.pair(ctx, f.whom, f.who)
		if err == nil && p != nil && !f.waits {
			err = p.node.People().AcceptFriend(ctx, p.self, other)
		}
		if err != nil {
			return fmt.Errorf("%s agrees to %s: %w", f.whom, f.who, err)
		}
	}
	for _, l := range lists {
		if err := s.list(ctx, l.who, l.title, l.members); err != nil {
			return fmt.Errorf("list %q: %w", l.title, err)
		}
	}
	return nil
}

// list makes a list of those members who live here and are followed.
func (s *stage) list(ctx context.Context, who, title string, names []string) error {
	p := s.player(who)
	if p == nil {
		return nil
	}
	made, err := p.node.People().CreateList(ctx, p.self, storage.List{Title: title, RepliesPolicy: storage.RepliesToList})
	if err != nil {
		return err
	}
	for _, name := range names {
		_, other, err := s.pair(ctx, who, name)
		if err != nil {
			return err
		}
		if other == 0 {
			continue
		}
		// Everybody leaves out one person of another node.
		if err := p.node.People().AddToList(ctx, p.self, made.ID, []int64{other}); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// show makes the circles and shows what there is to show, everybody at once.
func (s *stage) show(ctx context.Context) error {
	made := map[string]int64{}
	for _, c := range circles {
		p := s.player(c.who)
		if p == nil {
			continue
		}
		circle, err := p.node.People().CreateCircle(ctx, p.self, c.name)
		if err != nil {
			return err
		}
		made[c.who+" "+c.name] = circle.ID
		for _, name := range c.members {
			_, other, err := s.pair(ctx, c.who, name)
			if err == nil && other != 0 {
				err = p.node.People().SetCircle(ctx, p.self, circle.ID, other, true)
			}
			if err != nil {
				return fmt.Errorf("%s in %s: %w", name, c.name, err)
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	for name, scene := range covers {
		if p := s.player(name); p != nil {
			group.Go(func() error { return p.cover(ctx, scene) })
		}
	}
	for _, m := range snapshots {
		if p := s.player(m.who); p != nil {
			group.Go(func() error { return s.moment(ctx, p, m, made[m.who+" "+m.circle]) })
		}
	}
	return group.Wait()
}

func (p *player) cover(ctx context.Context, scene string) error {
	uploads, err := p.shows(ctx, []picture{{scene: scene, seed: "cover of " + p.name}})
	if err != nil {
		return err
	}
	return p.node.Moments().SetCover(ctx, p.self, uploads[0])
}

// moment shows one Moment, to a circle if there is one.
func (s *stage) moment(ctx context.Context, p *player, m snapshot, circle int64) error {
	uploads, err := p.shows(ctx, m.shows)
	if err != nil {
		return err
	}
	choice := storage.MomentChoice{Kind: storage.MomentForFriends}
	if circle != 0 {
		choice = storage.MomentChoice{Kind: storage.MomentForTags, Tags: []int64{circle}}
	}
	posted, err := p.node.Moments().Post(ctx, p.self, moments.Draft{Text: m.say, Place: m.place, Media: uploads, Choice: choice})
	if err != nil {
		return fmt.Errorf("a Moment of %s: %w", m.who, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts["moment "+m.as] = posted.URI
	return nil
}

// remark has friends answer, those who got it.
func (s *stage) remark(ctx context.Context) error {
	for _, a := range answers {
		p, uri := s.player(a.who), s.posts["moment "+a.to]
		if p == nil || uri == "" {
			continue
		}
		there, err := p.node.Store().MomentByURI(ctx, uri)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err == nil && a.say == "" {
			err = p.node.Moments().Like(ctx, p.self, there.ID)
		} else if err == nil {
			_, err = p.node.Moments().Comment(ctx, p.self, there.ID, a.say, 0)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("%s answers %s: %w", a.who, a.to, err)
		}
	}
	return nil
}

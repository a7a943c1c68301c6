package demo

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/node"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// tokenScopes is what the tokens of the demo may do.
const tokenScopes = "read write follow push tulou:read tulou:write"

// populateTimeout ends a village that does not come to rest, which would be a fault of ours.
const populateTimeout = 2 * time.Minute

// player is a character who lives on a node.
type player struct {
	character
	home   int
	node   *node.Node
	handle string
	self   storage.Account
}

// stage is a village while its people are brought to life.
type stage struct {
	village *Village
	players []*player // in the order of the cast

	mu    sync.Mutex
	posts map[string]string // by the word of the script: the URI
}

// populate makes the people, lets them follow each other, and plays the script.
func (v *Village) populate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, populateTimeout)
	defer cancel()
	s := &stage{village: v, posts: map[string]string{}}
	if err := s.invite(ctx); err != nil {
		return fmt.Errorf("make people: %w", err)
	}
	if err := s.furnish(ctx); err != nil {
		return fmt.Errorf("say what the nodes are: %w", err)
	}
	if err := s.introduce(ctx); err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	for _, act := range s.acts() {
		if err := v.quiet(ctx); err != nil {
			return err
		}
		if err := act(ctx); err != nil {
			return err
		}
	}
	if err := v.quiet(ctx); err != nil {
		return err
	}
	// What goes around is counted once an hour; a visitor of a minute should see it.
	for _, n := range v.nodes {
		if err := n.Social().Recount(ctx, storage.Job{}); err != nil {
			return fmt.Errorf("count what goes around: %w", err)
		}
	}
	return nil
}

// acts are what goes on, one after the other, when everything of the one before has arrived
// everywhere: the public script and, meanwhile, what is among friends.
func (s *stage) acts() []func(context.Context) error {
	among := []func(context.Context) error{s.ask, s.agree, s.show, s.remark}
	acts := make([]func(context.Context) error, max(len(script), len(among)))
	for i := range acts {
		acts[i] = func(ctx context.Context) error {
			group, ctx := errgroup.WithContext(ctx)
			if i < len(script) {
				group.Go(func() error { return s.play(ctx, script[i]) })
			}
			if i < len(among) {
				group.Go(func() error { return among[i](ctx) })
			}
			return group.Wait()
		}
	}
	return acts
}

// invite makes all accounts at once; making their keys is what takes time.
func (s *stage) invite(ctx context.Context) error {
	v := s.village
	v.People = make([]Person, len(v.nodes)*perNode)
	s.players = make([]*player, len(v.People))
	group, ctx := errgroup.WithContext(ctx)
	for home, n := range v.nodes {
		for i, c := range cast[v.Homes[home].Name] {
			at := home*perNode + i
			group.Go(func() (err error) {
				s.players[at] = &player{character: c, home: home, node: n}
				v.People[at], err = s.players[at].moveIn(ctx, v.Homes[home], i == 0)
				return err
			})
		}
	}
	return group.Wait()
}

// moveIn makes a player's account. One of each node looks after it.
func (p *player) moveIn(ctx context.Context, home Home, admin bool) (Person, error) {
	user, err := p.node.CreateUser(ctx, node.NewUser{Name: p.name, Email: p.name + "@" + home.Name + ".localhost", Admin: admin})
	if err != nil {
		return Person{}, err
	}
	if p.self, err = p.node.Store().AccountByID(ctx, user.ID); err != nil {
		return Person{}, err
	}
	p.handle = user.Handle
	avatar, header, err := p.portraits(ctx)
	if err != nil {
		return Person{}, err
	}
	yes := true
	fields := []people.Field{{Name: p.field[0], Value: p.field[1]}}
	p.self, err = p.node.People().UpdateProfile(ctx, p.self, people.Profile{
		DisplayName: &p.display, Bio: &p.bio, Fields: &fields, Discoverable: &yes, Indexable: &yes, Avatar: &avatar, Header: &header,
	})
	if err != nil {
		return Person{}, err
	}
	if err := p.node.People().SetSuggestible(ctx, p.self, true); err != nil {
		return Person{}, err
	}
	token, err := p.node.CreateToken(ctx, p.name, tokenScopes)
	if err != nil {
		return Person{}, err
	}
	return Person{Handle: user.Handle, Actor: user.Actor, Email: user.Email, Password: user.Password,
		AccessToken: token.Secret, Node: home.Name, Name: p.display}, nil
}

// follows tells who follows whom: founders follow each other, but of every other node they leave
// out one; newcomers are followed by all neighbours but the first, and by one founder elsewhere, so
// that there are people whom friends know and somebody does not.
func follows(i, j int) bool {
	who, whom, near := i%perNode, j%perNode, i/perNode == j/perNode
	switch {
	case i == j:
		return false
	case who >= founders:
		return near || whom == 0
	case whom >= founders:
		return near && who > 0 || !near && who == founders-1 && whom == founders
	}
	return near || whom != (who+founders-1)%founders
}

// introduce lets everybody follow whom they do.
func (s *stage) introduce(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, p := range s.players {
		group.Go(func() error {
			for j, other := range s.players {
				if !follows(i, j) {
					continue
				}
				if err := p.follow(ctx, other); err != nil {
					return fmt.Errorf("%s, %s: %w", p.name, other.name, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (p *player) follow(ctx context.Context, other *player) error {
	handle, err := ids.ParseHandle(other.handle)
	if err != nil {
		return err
	}
	them, err := p.node.Engine().Resolve(ctx, handle)
	if err != nil {
		return err
	}
	_, err = p.node.People().Follow(ctx, p.self, them.ID, people.FollowOptions{Boosts: true})
	return err
}

// play lets everybody of an act speak, each in their order, all at once.
func (s *stage) play(ctx context.Context, act []line) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range s.players {
		group.Go(func() error {
			for _, l := range act {
				if l.who != p.name {
					continue
				}
				if err := s.perform(ctx, p, l); err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// perform does one line. Lines about people or posts that are not in this village are left out.
func (s *stage) perform(ctx context.Context, p *player, l line) error {
	target, here, err := s.find(ctx, p, l.to+l.boost+l.like+l.votes)
	if err != nil || !here {
		return err
	}
	switch {
	case l.boost != "":
		_, err = p.node.Social().Boost(ctx, p.self, target, "")
		return err
	case l.like != "":
		_, err = p.node.Social().Like(ctx, p.self, target)
		return err
	case l.votes != "":
		_, err = p.node.Social().Vote(ctx, p.self, target, []int{l.option})
		return err
	}
	text, everybody := s.named(l.say)
	if !everybody {
		return nil
	}
	uploads, err := p.shows(ctx, l.shows)
	if err != nil {
		return err
	}
	posted, err := p.node.Social().Post(ctx, p.self, social.NewPost{
		Text: text, Media: choices(uploads), Poll: l.poll(), Spoiler: l.warning, Sensitive: l.warning != "", Visibility: l.visibility,
		Language: l.language, InReplyToID: target, AppName: "Tulou demo",
	})
	if err != nil {
		return err
	}
	if l.as != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.posts[l.as] = posted.URI
	}
	return nil
}

// find returns the id under which a player's node knows a post of the script; 0 for the word "".
// here is false if nobody has written it, or if it did not reach the player's node.
func (s *stage) find(ctx context.Context, p *player, word string) (id int64, here bool, err error) {
	if word == "" {
		return 0, true, nil
	}
	s.mu.Lock()
	uri, here := s.posts[word]
	s.mu.Unlock()
	if !here {
		return 0, false, nil
	}
	id, err = p.node.Store().StatusIDByURI(ctx, uri)
	if fault.Is(err, fault.NotFound) {
		return 0, false, nil
	}
	return id, true, err
}

var nameInBraces = regexp.MustCompile(`\{(\w+)\}`)

// named puts handles in place of {name}; everybody is false if somebody is not in this village.
func (s *stage) named(text string) (full string, everybody bool) {
	everybody = true
	full = nameInBraces.ReplaceAllStringFunc(text, func(word string) string {
		at := slices.IndexFunc(s.players, func(p *player) bool { return "{"+p.name+"}" == word })
		if at < 0 {
			everybody = false
			return word
		}
		return "@" + s.players[at].handle
	})
	return full, everybody
}

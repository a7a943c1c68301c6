package client

import (
	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

func (a *API) friendRequests(q *query) (any, error) {
	p, err := q.page(storage.FriendPageMax)
	if err != nil {
		return nil, err
	}
	state := storage.FriendAsking
	switch q.URL.Query().Get("direction") {
	case "", "in":
	case "out":
		state = storage.FriendAsked
	default:
		return nil, fault.New(fault.Invalid, "direction is in or out")
	}
	rows, err := a.Store.FriendRequests(q.ctx(), q.me.ID, state, p)
	if err != nil {
		return nil, err
	}
	return a.friendPage(q, rows, p)
}

// askFriend asks somebody who is named by id, by address, or by a link that was scanned.
func (a *API) askFriend(q *query) (any, error) {
	var sent struct {
		AccountID  string `json:"account_id"`
		Address    string `json:"address"`
		Link       string `json:"link"`
		Greeting   string `json:"greeting"`
		Remark     string `json:"remark"`
		HideTheirs bool   `json:"hide_theirs"`
		HideMine   bool   `json:"hide_mine"`
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	ask := people.FriendAsk{Greeting: sent.Greeting, Link: sent.Link,
		Marks: storage.FriendMarks{Remark: sent.Remark, HideTheirs: sent.HideTheirs, HideMine: sent.HideMine}}
	target, ok := ids.Parse(sent.AccountID)
	switch {
	case sent.AccountID != "" && !ok:
		return nil, errNotFound
	case sent.AccountID == "" && sent.Address == "" && sent.Link == "":
		return nil, fault.New(fault.Unprocessable, "account_id, address or link says who is asked")
	case sent.AccountID == "":
		text := sent.Link
		if text == "" {
			text = sent.Address
		}
		found, err := a.People.FindFriend(q.ctx(), q.me, text)
		if err != nil {
			return nil, err
		}
		target, ask.Link = found.Account.ID, found.Link
	}
	if err := a.People.AskFriend(q.ctx(), q.me, target, ask); err != nil {
		return nil, err
	}
	return a.oneFriend(q, target)
}

// about makes an operation of a use case that is about one person and answers with what is between
// the two afterwards.
func (a *API) about(q *query, do func(other int64) error) (any, error) {
	other, err := q.id("id")
	if err != nil {
		return nil, err
	}
	if err := do(other); err != nil {
		return nil, err
	}
	return a.oneFriend(q, other)
}

func (a *API) acceptFriend(q *query) (any, error) {
	return a.about(q, func(other int64) error { return a.People.AcceptFriend(q.ctx(), q.me, other) })
}

func (a *API) declineFriend(q *query) (any, error) {
	return a.about(q, func(other int64) error { return a.People.DeclineFriend(q.ctx(), q.me, other) })
}

func (a *API) cancelFriend(q *query) (any, error) {
	return a.about(q, func(other int64) error { return a.People.CancelFriend(q.ctx(), q.me, other) })
}

func (a *API) endFriend(q *query) (any, error) {
	return a.about(q, func(other int64) error { return a.People.EndFriend(q.ctx(), q.me, other) })
}

func (a *API) blockFriend(q *query) (any, error) {
	return a.about(q, func(other int64) error {
		_, err := a.People.Block(q.ctx(), q.me, other)
		return err
	})
}

func (a *API) unblockFriend(q *query) (any, error) {
	return a.about(q, func(other int64) error {
		_, err := a.People.Unblock(q.ctx(), q.me, other)
		return err
	})
}

// newFriendCode makes what is in the picture that people show each other.
func (a *API) newFriendCode(q *query) (any, error) {
	link, err := a.People.NewFriendLink(q.ctx(), q.me)
	if err != nil {
		return nil, err
	}
	return struct {
		Link      string `json:"link"`
		ExpiresAt string `json:"expires_at"`
	}{link.URL, moment(link.Expires)}, nil
}

// findFriend finds who is meant by a text or a link. It is a POST, since a link has a secret in it
// and addresses are written into logs.
func (a *API) findFriend(q *query) (any, error) {
	var sent struct {
		Text string `json:"text"`
	}
	if err := q.body(&sent); err != nil {
		return nil, err
	}
	found, err := a.People.FindFriend(q.ctx(), q.me, sent.Text)
	if err != nil {
		return nil, err
	}
	list, err := a.friendEntities(q.ctx(), q.me.ID, []int64{found.Account.ID})
	if err == nil && len(list) == 0 {
		err = errNotFound
	}
	if err != nil {
		return nil, err
	}
	return struct {
		Friend friendEntity `json:"friend"`
		Link   string       `json:"link"`
		Self   bool         `json:"self"`
	}{list[0], found.Link, found.Account.ID == q.me.ID}, nil
}

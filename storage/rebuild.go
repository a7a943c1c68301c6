package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tulou/protocol/ids"
)

// JobRebuild is the kind of the jobs of QueueWork that write the rest of a timeline; Store.Rebuild
// does them.
const JobRebuild = "storage.rebuild"

// QueueWork names the queue of background jobs and its wake signal.
const QueueWork = "work"

// rebuildPart is how many people one transaction reads the posts of when a timeline is written
// anew. Each costs homeRebuilt rows at most, so that others who write wait for some 20 ms.
const rebuildPart = 20

// rebuilding is a timeline that is being written, a home or, if List is not 0, a list; and after
// whom of those it shows to go on. It is the payload of JobRebuild.
type rebuilding struct {
	Account int64 `json:"account,omitempty"`
	List    int64 `json:"list,omitempty"`
	After   int64 `json:"after"`
}

// RebuildHome writes a home timeline anew from whom and what its owner follows. The first part is
// there when the transaction commits; if they follow many, a job does the rest.
func (tx *Tx) RebuildHome(ctx context.Context, account int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM home_entry WHERE account_id = ?`, account); err != nil {
		return err
	}
	since := ids.FloorAt(time.Now().Add(-homeLooksBack))
	if err := tx.execAll(ctx, []string{`
		INSERT INTO home_entry (account_id, status_id, author_id)
		SELECT s.account_id, s.id, s.account_id FROM status s WHERE s.account_id = ?1 AND s.id > ?2
		ORDER BY s.id DESC LIMIT ?3
		ON CONFLICT (account_id, status_id) DO NOTHING`, `
		INSERT INTO home_entry (account_id, status_id, author_id)
		SELECT f.account_id, s.id, s.account_id FROM tag_follow f JOIN status_tag t ON t.tag = f.tag JOIN status s ON s.id = t.status_id
		WHERE f.account_id = ?1 AND t.status_id > ?2 AND ` + tagRule + `
		ORDER BY t.status_id DESC LIMIT ?3
		ON CONFLICT (account_id, status_id) DO NOTHING`,
	}, account, since, homeRebuilt); err != nil {
		return err
	}
	return tx.rebuild(ctx, rebuilding{Account: account})
}

// rebuildList is RebuildHome for a list.
func (tx *Tx) rebuildList(ctx context.Context, list int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM list_entry WHERE list_id = ?`, list); err != nil {
		return err
	}
	return tx.rebuild(ctx, rebuilding{List: list})
}

// rebuildLists writes the lists of somebody who comes back: at once as far as they have together no
// more members than a part, by jobs beyond that.
func (tx *Tx) rebuildLists(ctx context.Context, account int64) error {
	var lists []struct{ ID, Members int64 }
	if err := tx.list(ctx, &lists, `
		SELECT x.id, (SELECT COUNT(*) FROM list_member m WHERE m.list_id = x.id) AS members
		FROM list x WHERE x.account_id = ? ORDER BY x.id`, account); err != nil {
		return err
	}
	room := int64(rebuildPart)
	for _, l := range lists {
		write := tx.rebuildList
		if room -= l.Members; room < 0 {
			// What was in it before still belongs there.
			write = func(ctx context.Context, list int64) error { return tx.rebuildLater(ctx, rebuilding{List: list}) }
		}
		if err := write(ctx, l.ID); err != nil {
			return err
		}
	}
	return nil
}

// rebuild writes a part and leaves the others to a job.
func (tx *Tx) rebuild(ctx context.Context, r rebuilding) error {
	next, err := tx.rebuildSome(ctx, r)
	if err != nil || next == 0 {
		return err
	}
	r.After = next
	return tx.rebuildLater(ctx, r)
}

func (tx *Tx) rebuildLater(ctx context.Context, r rebuilding) error {
	return tx.Enqueue(ctx, Job{Queue: QueueWork, Kind: JobRebuild, Payload: MarshalPayload(r),
		Lane: fmt.Sprintf("rebuild %d %d", r.Account, r.List)})
}

// Rebuild writes the rest of a timeline, a part at a time. After a crash it begins again where the
// job says, and finds part of its work done.
func (s *Store) Rebuild(ctx context.Context, job Job) error {
	var r rebuilding
	if err := json.Unmarshal(job.Payload, &r); err != nil {
		return fmt.Errorf("read %s: %w", job.Kind, err)
	}
	for {
		var next int64
		err := s.Tx(ctx, func(tx *Tx) (err error) {
			next, err = tx.rebuildSome(ctx, r)
			return err
		})
		if err != nil || next == 0 {
			return err
		}
		r.After = next
	}
}

// rebuildSome adds the latest posts of the next people to a timeline and cuts it to homeRebuilt. It
// returns the last of them, 0 when there are no more.
func (tx *Tx) rebuildSome(ctx context.Context, r rebuilding) (last int64, err error) {
	id, whom, fill, oldest, cut := r.Account, `
		SELECT target_id FROM follow WHERE account_id = ? AND accepted AND target_id > ? ORDER BY target_id LIMIT ?`, tx.fillHome, `
		SELECT status_id FROM home_entry WHERE account_id = ? ORDER BY status_id DESC LIMIT 1 OFFSET ?`,
		`DELETE FROM home_entry WHERE account_id = ? AND status_id < ?`
	if r.List != 0 {
		id, whom, fill, oldest, cut = r.List, `
		SELECT target_id FROM list_member WHERE list_id = ? AND target_id > ? ORDER BY target_id LIMIT ?`, tx.fillList, `
		SELECT status_id FROM list_entry WHERE list_id = ? ORDER BY status_id DESC LIMIT 1 OFFSET ?`,
			`DELETE FROM list_entry WHERE list_id = ? AND status_id < ?`
	}
	var people []int64
	if err := tx.list(ctx, &people, whom, id, r.After, rebuildPart); err != nil || len(people) == 0 {
		return 0, err
	}
	since, err := tx.floor(ctx, oldest, id)
	if err != nil {
		return 0, err
	}
	for _, person := range people {
		if err := fill(ctx, id, person, since, homeRebuilt); err != nil {
			return 0, err
		}
	}
	if since, err = tx.floor(ctx, oldest, id); err != nil {
		return 0, err
	}
	if _, err := tx.exec(ctx, cut, id, since); err != nil || len(people) < rebuildPart {
		return 0, err
	}
	return people[len(people)-1], nil
}

// floor returns the oldest entry that a timeline which is written anew has room for: those older
// than homeLooksBack are not looked for.
func (tx *Tx) floor(ctx context.Context, oldest string, id int64) (int64, error) {
	var found []int64
	err := tx.list(ctx, &found, oldest, id, homeRebuilt-1)
	since := ids.FloorAt(time.Now().Add(-homeLooksBack))
	if len(found) > 0 {
		since = max(since, found[0])
	}
	return since, err
}

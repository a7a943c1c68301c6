package storage

import (
	"context"
	"time"
)

// Films and sounds wait to be processed in the table of attachments. Whose is next is decided when
// one is begun, not when it comes in: whoever had no turn for longest, so that eight films of one
// person hold nobody up for longer than one of them takes. Turns are in the database, for all
// processes, and outlive films, so that deleting one does not bring the next forward.

// filmWaits is what waits to be processed and is no picture.
const filmWaits = `state = 'waiting' AND kind <> 'image' AND status_id IS NULL`

// filmTurnsKept is how long it is remembered that somebody had a turn. By then there is nobody left
// whose film came in before.
const filmTurnsKept = 24 * time.Hour

// TakeFilm returns the film that is next and gives its owner's turn away. It is fault.NotFound if
// none is due.
func (tx *Tx) TakeFilm(ctx context.Context) (a Attachment, err error) {
	now := Now()
	err = tx.get(ctx, &a, attachmentSelect+`WHERE id = (
		SELECT waiting.id FROM attachment waiting LEFT JOIN film_turn t ON t.account_id = waiting.account_id
		WHERE `+filmWaits+` AND retry_at <= ? ORDER BY COALESCE(t.begun_at, 0), waiting.id LIMIT 1)`, now)
	if err != nil {
		return a, err
	}
	// Two turns in one millisecond are two turns.
	_, err = tx.exec(ctx, `
		INSERT INTO film_turn (account_id, begun_at) VALUES (?1, {{greatest}}(?2, (SELECT COALESCE(MAX(begun_at), 0) + 1 FROM film_turn)))
		ON CONFLICT (account_id) DO UPDATE SET begun_at = excluded.begun_at`, a.AccountID, now)
	return a, err
}

// PostponeFilm has a film wait until t, while others go on.
func (tx *Tx) PostponeFilm(ctx context.Context, id int64, t time.Time) error {
	_, err := tx.exec(ctx, `UPDATE attachment SET retry_at = ? WHERE id = ?`, At(t), id)
	return err
}

// NextFilm returns when the next film is due; ok is false if none waits.
func (r Reader) NextFilm(ctx context.Context) (at Millis, ok bool, err error) {
	err = r.get(ctx, &at, `SELECT COALESCE(MIN(retry_at), ?) FROM attachment WHERE `+filmWaits, never)
	return at, err == nil && at != never, err
}

// forgetTurns forgets who had a turn before t.
func (tx *Tx) forgetTurns(ctx context.Context, t time.Time) error {
	_, err := tx.exec(ctx, `DELETE FROM film_turn WHERE begun_at < ?`, At(t))
	return err
}

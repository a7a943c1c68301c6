package storage

import "context"

// Conversation is a thread of direct messages as one of its local people sees it.
type Conversation struct {
	AccountID    int64 `db:"account_id"`
	ThreadID     int64 `db:"thread_id"` // what clients know it by
	LastStatusID int64 `db:"last_status_id"`
	Unread       bool
}

const conversationColumns = `account_id, thread_id, last_status_id, unread`

// PutConversation puts a direct status at the end of its thread for those of the participants who
// are of this node; for everybody but its author it is unread. It returns for whom.
func (tx *Tx) PutConversation(ctx context.Context, s Status, participants []int64) (accounts []int64, err error) {
	for _, account := range participants {
		n, err := tx.exec(ctx, `
			INSERT INTO conversation (`+conversationColumns+`)
			SELECT l.account_id, CAST(?2 AS BIGINT), CAST(?3 AS BIGINT), CAST(?4 AS BOOLEAN) FROM login l WHERE l.account_id = ?1
			ON CONFLICT (account_id, thread_id) DO UPDATE SET
				last_status_id = {{greatest}}(conversation.last_status_id, excluded.last_status_id), unread = excluded.unread`,
			account, s.ThreadID, s.ID, account != s.AccountID)
		if err != nil {
			return nil, err
		}
		if n == 1 {
			accounts = append(accounts, account)
		}
	}
	if len(accounts) > 0 {
		tx.happened(Happening{Kind: HappenedConversation, ID: s.ThreadID, Accounts: accounts})
	}
	return accounts, nil
}

// Conversations returns a page of an account's conversations by their last status, as far as that
// may be seen. Pages are by LastStatusID.
func (r Reader) Conversations(ctx context.Context, account int64, p Page) ([]Conversation, error) {
	return paged[Conversation](ctx, r, p, StatusPageMax, "c.last_status_id", `
		SELECT `+prefixed("c", conversationColumns)+` FROM conversation c CROSS JOIN `+statusTables+`
		WHERE c.account_id = ?1 AND s.id = c.last_status_id AND `+visible, account)
}

// Conversation returns one conversation of an account.
func (r Reader) Conversation(ctx context.Context, account, thread int64) (c Conversation, err error) {
	err = r.get(ctx, &c, `SELECT `+conversationColumns+` FROM conversation WHERE account_id = ? AND thread_id = ?`, account, thread)
	return c, err
}

// ReadConversation marks a conversation as read; fault.NotFound if there is none.
func (tx *Tx) ReadConversation(ctx context.Context, account, thread int64) error {
	return tx.mustExec(ctx, `UPDATE conversation SET unread = FALSE WHERE account_id = ? AND thread_id = ?`, account, thread)
}

// DeleteConversation removes a conversation from an account's list until somebody writes again.
func (tx *Tx) DeleteConversation(ctx context.Context, account, thread int64) error {
	return tx.mustExec(ctx, `DELETE FROM conversation WHERE account_id = ? AND thread_id = ?`, account, thread)
}

// rewindConversations lets conversations that ended with a deleted status end with the one before
// it, or go if there is none.
func (tx *Tx) rewindConversations(ctx context.Context, s Status) error {
	if s.Visibility != VisibilityDirect {
		return nil
	}
	if _, err := tx.exec(ctx, `
		UPDATE conversation SET last_status_id = COALESCE((
			SELECT MAX(s.id) FROM status s WHERE s.thread_id = conversation.thread_id AND s.visibility = 'direct'
				AND (s.account_id = conversation.account_id OR EXISTS (
					SELECT 1 FROM audience p WHERE p.status_id = s.id AND p.principal = conversation.account_id))), 0)
		WHERE thread_id = ? AND last_status_id = ?`, s.ThreadID, s.ID); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM conversation WHERE thread_id = ? AND last_status_id = 0`, s.ThreadID)
	return err
}

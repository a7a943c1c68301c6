-- +goose Up
-- Who may ask somebody to be friends, and requests that wait without them being told.
ALTER TABLE friend_setting ADD COLUMN asked_by {{text}} NOT NULL DEFAULT 'everyone'; -- everyone, known, link
ALTER TABLE friend ADD COLUMN held BOOLEAN NOT NULL DEFAULT FALSE;  -- asking, and account_id is not told
CREATE INDEX friend_waiting ON friend (created_at) WHERE state <> 'friend';

-- When a Moment of another node came, which its author does not decide; 0: it was made here.
ALTER TABLE moment ADD COLUMN came_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX moment_came ON moment (account_id, came_at) WHERE came_at > 0;

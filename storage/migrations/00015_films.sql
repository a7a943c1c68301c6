-- +goose Up

-- Whose film was begun last, and when: the next one is of whoever had no turn for longest.
CREATE TABLE film_turn (
  account_id {{id}} PRIMARY KEY REFERENCES account (id),
  begun_at   BIGINT NOT NULL
);
CREATE INDEX film_turn_begun ON film_turn (begun_at);
ALTER TABLE attachment ADD COLUMN retry_at BIGINT NOT NULL DEFAULT 0; -- not to be processed before
CREATE INDEX attachment_waiting ON attachment (account_id) WHERE state = 'waiting';

-- What media of other servers take here, and when somebody last looked at them.
ALTER TABLE remote_media ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE remote_media ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE remote_media SET seen_at = fetched_at,
    bytes = COALESCE((SELECT SUM(f.bytes) FROM file f WHERE f.key IN (remote_media.file_key, remote_media.preview_key)), 0)
  WHERE fetched_at > 0;
CREATE INDEX remote_media_seen ON remote_media (seen_at, bytes) WHERE fetched_at > 0;

-- The word that a file is called by in its address. '' is served by no name.
ALTER TABLE file ADD COLUMN word {{text}} NOT NULL DEFAULT '';
UPDATE file SET word = COALESCE((
    SELECT CASE WHEN a.file_key = file.key THEN 'original' WHEN a.preview_key = file.key THEN 'small' ELSE '' END
    FROM attachment a WHERE a.id = file.attachment_id), '') WHERE attachment_id IS NOT NULL;
UPDATE file SET word = COALESCE((
    SELECT CASE WHEN a.header LIKE '/media/' || file.key || '/%' THEN 'header' ELSE 'avatar' END
    FROM account a WHERE a.id = file.account_id), '') WHERE attachment_id IS NULL AND account_id IS NOT NULL;
UPDATE file SET word = COALESCE(
    (SELECT CASE m.purpose WHEN 'attachment' THEN 'original' ELSE m.purpose END FROM remote_media m WHERE m.file_key = file.key),
    (SELECT CASE m.purpose WHEN 'emoji' THEN 'still' ELSE 'small' END FROM remote_media m WHERE m.preview_key = file.key),
    (SELECT MIN(CASE WHEN e.picture = file.key THEN 'emoji' ELSE 'still' END) FROM emoji e WHERE e.picture = file.key OR e.still = file.key), '')
  WHERE attachment_id IS NULL AND account_id IS NULL;

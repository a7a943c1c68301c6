-- +goose Up

-- Pictures, films and sounds of posts: those that our people uploaded, of a post or of none yet, and
-- those of other servers, which have a remote_url. The table was for the latter only.
ALTER TABLE attachment RENAME TO attachment_before;
CREATE TABLE attachment (
  id             {{id}} PRIMARY KEY,
  account_id     {{id}} NOT NULL REFERENCES account (id),          -- whose it is
  status_id      {{id}} REFERENCES status (id) ON DELETE CASCADE,  -- NULL: of no post yet
  position       BIGINT NOT NULL DEFAULT 0,     -- in the post; -1: only an earlier version had it
  scheduled_id   {{id}} NOT NULL DEFAULT 0,     -- the scheduled post that it waits for
  state          {{text}} NOT NULL DEFAULT 'ready', -- waiting, ready, failed
  problem        {{text}} NOT NULL DEFAULT '',  -- why it failed, for its owner
  tries          BIGINT NOT NULL DEFAULT 0,     -- how often processing began
  kind           {{text}} NOT NULL DEFAULT 'unknown', -- image, gifv, video, audio, unknown
  media_type     {{text}} NOT NULL DEFAULT '',
  preview_type   {{text}} NOT NULL DEFAULT '',
  remote_url     {{text}} NOT NULL DEFAULT '',
  source_key     {{text}} NOT NULL DEFAULT '',  -- keys of files: what was uploaded, until it is processed,
  file_key       {{text}} NOT NULL DEFAULT '',  -- what is shown,
  preview_key    {{text}} NOT NULL DEFAULT '',  -- and the small one
  description    {{text}} NOT NULL DEFAULT '',
  blurhash       {{text}} NOT NULL DEFAULT '',
  focus          {{text}} NOT NULL DEFAULT '',  -- "x,y" from -1 to 1
  width          BIGINT NOT NULL DEFAULT 0,
  height         BIGINT NOT NULL DEFAULT 0,
  preview_width  BIGINT NOT NULL DEFAULT 0,
  preview_height BIGINT NOT NULL DEFAULT 0,
  duration       BIGINT NOT NULL DEFAULT 0,     -- milliseconds
  frame_rate     {{text}} NOT NULL DEFAULT '',  -- a fraction: "30/1"
  bitrate        BIGINT NOT NULL DEFAULT 0,     -- bits a second
  audio_codec    {{text}} NOT NULL DEFAULT '',
  audio_rate     BIGINT NOT NULL DEFAULT 0,     -- samples a second
  audio_layout   {{text}} NOT NULL DEFAULT '',
  created_at     BIGINT NOT NULL DEFAULT 0
);
INSERT INTO attachment (id, account_id, status_id, position, media_type, remote_url, description, blurhash, width, height)
  SELECT a.id, s.account_id, a.status_id, a.position, a.media_type, a.remote_url, a.description, a.blurhash, a.width, a.height
  FROM attachment_before a JOIN status s ON s.id = a.status_id;
DROP TABLE attachment_before;
CREATE INDEX attachment_status ON attachment (status_id, position);
CREATE INDEX attachment_loose ON attachment (account_id, id) WHERE status_id IS NULL;
CREATE INDEX attachment_old ON attachment (id) WHERE status_id IS NULL;
CREATE INDEX attachment_scheduled ON attachment (scheduled_id) WHERE scheduled_id <> 0;

-- What is served under /media/KEY/NAME, and the blob behind it. A blob that no row names is removed.
CREATE TABLE file (
  key           {{text}} PRIMARY KEY,           -- 128 random bits
  blob          {{text}} NOT NULL,              -- the hash of the content
  media_type    {{text}} NOT NULL,              -- what is not on the list of types is never served
  bytes         BIGINT NOT NULL,
  account_id    {{id}} REFERENCES account (id), -- whose it is; shown no longer than its owner is
  attachment_id {{id}} REFERENCES attachment (id) ON DELETE CASCADE,
  created_at    BIGINT NOT NULL
) {{clustered}};
CREATE INDEX file_blob ON file (blob);
CREATE INDEX file_attachment ON file (attachment_id) WHERE attachment_id IS NOT NULL;
CREATE INDEX file_account ON file (account_id) WHERE account_id IS NOT NULL;

-- What somebody uploaded within the last day, be it still there or not.
CREATE TABLE upload (
  id         {{id}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  bytes      BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX upload_account ON upload (account_id, created_at);
CREATE INDEX upload_created ON upload (created_at);

-- The media that a version of a post had: [{"id":…,"description":…}].
ALTER TABLE status_edit ADD COLUMN media {{text}} NOT NULL DEFAULT '[]';

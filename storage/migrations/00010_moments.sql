-- +goose Up
-- Moments: what people show their friends. Nothing here is a status, and nothing of a status reads
-- here. Those of other nodes are kept only while somebody of this node is in their audience.
CREATE TABLE moment (
  id         {{id}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  uri        {{text}} NOT NULL UNIQUE,
  body       {{text}} NOT NULL,                -- plain text
  link       {{text}} NOT NULL DEFAULT '',
  link_title {{text}} NOT NULL DEFAULT '',
  place      {{text}} NOT NULL DEFAULT '',     -- a name, never where it is
  choice     {{text}} NOT NULL DEFAULT '{}',   -- JSON: whom the author chose; for the author alone
  created_at BIGINT NOT NULL
);
CREATE INDEX moment_account ON moment (account_id, id);

-- Whom a Moment was for when it was published, its author among them. ended: they stopped being
-- friends; the row stays to take the Moment back everywhere.
CREATE TABLE moment_audience (
  account_id {{id}} NOT NULL REFERENCES account (id),
  moment_id  {{id}} NOT NULL REFERENCES moment (id) ON DELETE CASCADE,
  ended      BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (account_id, moment_id)
) {{clustered}};
CREATE INDEX moment_audience_moment ON moment_audience (moment_id, account_id);

-- Pictures and films of Moments, and covers (moment_id NULL). They are never served like others:
-- their keys are of moment_file alone.
CREATE TABLE moment_media (
  id             {{id}} PRIMARY KEY,
  account_id     {{id}} NOT NULL REFERENCES account (id),
  moment_id      {{id}} REFERENCES moment (id) ON DELETE CASCADE,
  position       BIGINT NOT NULL DEFAULT 0,
  kind           {{text}} NOT NULL,
  media_type     {{text}} NOT NULL DEFAULT '',
  preview_type   {{text}} NOT NULL DEFAULT '',
  file_key       {{text}} NOT NULL UNIQUE,     -- random
  preview_key    {{text}} NOT NULL UNIQUE,     -- random
  description    {{text}} NOT NULL DEFAULT '',
  blurhash       {{text}} NOT NULL DEFAULT '',
  width          BIGINT NOT NULL DEFAULT 0,
  height         BIGINT NOT NULL DEFAULT 0,
  duration       BIGINT NOT NULL DEFAULT 0,    -- milliseconds
  remote_url     {{text}} NOT NULL DEFAULT '', -- where it is at its author's node
  remote_preview {{text}} NOT NULL DEFAULT '',
  state          {{text}} NOT NULL             -- ready, waiting (to be fetched), failed
);
CREATE INDEX moment_media_moment ON moment_media (moment_id, position);
CREATE INDEX moment_media_account ON moment_media (account_id);
CREATE UNIQUE INDEX moment_media_cover ON moment_media (account_id) WHERE moment_id IS NULL;

CREATE TABLE moment_file (
  key        {{text}} PRIMARY KEY,
  media_id   {{id}} NOT NULL REFERENCES moment_media (id) ON DELETE CASCADE,
  blob       {{text}} NOT NULL,
  media_type {{text}} NOT NULL,
  bytes      BIGINT NOT NULL
) {{clustered}};
CREATE INDEX moment_file_media ON moment_file (media_id);
CREATE INDEX moment_file_blob ON moment_file (blob);

-- Likes and comments. A reply says whom it answers, because nobody sees it who may not see that.
CREATE TABLE moment_comment (
  id          {{id}} PRIMARY KEY,
  moment_id   {{id}} NOT NULL REFERENCES moment (id) ON DELETE CASCADE,
  account_id  {{id}} NOT NULL REFERENCES account (id),
  kind        {{text}} NOT NULL,               -- comment, like
  uri         {{text}} NOT NULL UNIQUE,        -- says the host and nothing else
  body        {{text}} NOT NULL DEFAULT '',    -- plain text
  answers_id  {{id}} NOT NULL DEFAULT 0,       -- the account that is answered
  answers_uri {{text}} NOT NULL DEFAULT '',    -- and what of it
  named       BOOLEAN NOT NULL DEFAULT FALSE,  -- the nodes of the audience were told that it is there
  created_at  BIGINT NOT NULL
);
CREATE INDEX moment_comment_moment ON moment_comment (moment_id, id);
CREATE INDEX moment_comment_account ON moment_comment (account_id);
CREATE INDEX moment_comment_answers ON moment_comment (answers_id) WHERE answers_id <> 0;
CREATE INDEX moment_comment_unnamed ON moment_comment (moment_id) WHERE NOT named;
CREATE UNIQUE INDEX moment_comment_like ON moment_comment (moment_id, account_id) WHERE kind = 'like';

-- Which nodes, by the actors that speak for them, read a comment of somebody of this node.
CREATE TABLE moment_fetch (
  comment_id {{id}} NOT NULL REFERENCES moment_comment (id) ON DELETE CASCADE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (comment_id, account_id)
) {{clustered}};
CREATE INDEX moment_fetch_account ON moment_fetch (account_id);

-- Comments that the author's node said there are, each asked for once.
CREATE TABLE moment_pointer (
  uri        {{text}} PRIMARY KEY,
  moment_id  {{id}} NOT NULL REFERENCES moment (id) ON DELETE CASCADE,
  waiting    BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX moment_pointer_moment ON moment_pointer (moment_id);

-- Of which likes and comments somebody of this node is told.
CREATE TABLE moment_notice (
  id         {{id}} PRIMARY KEY,               -- in the order of arrival, unlike comments
  account_id {{id}} NOT NULL REFERENCES account (id),
  comment_id {{id}} NOT NULL REFERENCES moment_comment (id) ON DELETE CASCADE
);
CREATE INDEX moment_notice_account ON moment_notice (account_id, id);
CREATE UNIQUE INDEX moment_notice_once ON moment_notice (comment_id, account_id);

-- How far back friends may look, in milliseconds, as somebody of this node chose; how far they have
-- read themselves.
CREATE TABLE moment_setting (
  account_id  {{id}} PRIMARY KEY REFERENCES account (id),
  reach       BIGINT NOT NULL,
  seen_moment {{id}} NOT NULL DEFAULT 0,
  seen_notice {{id}} NOT NULL DEFAULT 0
) {{clustered}};

-- The same of people elsewhere, as their nodes told it for each reader here.
CREATE TABLE moment_reach (
  author_id {{id}} NOT NULL REFERENCES account (id),
  reader_id {{id}} NOT NULL REFERENCES account (id),
  reach     BIGINT NOT NULL,
  PRIMARY KEY (author_id, reader_id)
) {{clustered}};
CREATE INDEX moment_reach_reader ON moment_reach (reader_id);

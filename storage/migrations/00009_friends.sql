-- +goose Up
-- Who is whose friend, asked for, or asking. Each row is one side's own half: account_id is of this
-- node. A pair of this node has two rows, a pair with somebody elsewhere has one.
CREATE TABLE friend (
  id          {{id}} NOT NULL UNIQUE,          -- for paging
  account_id  {{id}} NOT NULL REFERENCES account (id),
  friend_id   {{id}} NOT NULL REFERENCES account (id),
  state       {{text}} NOT NULL,               -- asked, asking, friend
  offer_uri   {{text}} NOT NULL DEFAULT '',    -- the Offer that it began with, whoever sent it
  offered     BOOLEAN NOT NULL,                -- account_id sent it
  greeting    {{text}} NOT NULL DEFAULT '',    -- plain text, what whoever asked said
  by_code     BOOLEAN NOT NULL DEFAULT FALSE,  -- they scanned the code of account_id
  since       BIGINT NOT NULL DEFAULT 0,       -- friends since
  created_at  BIGINT NOT NULL,
  remark      {{text}} NOT NULL DEFAULT '',    -- the name that account_id gives them
  starred     BOOLEAN NOT NULL DEFAULT FALSE,
  hide_theirs BOOLEAN NOT NULL DEFAULT FALSE,  -- account_id does not want to see their Moments
  hide_mine   BOOLEAN NOT NULL DEFAULT FALSE,  -- they are not to see those of account_id
  PRIMARY KEY (account_id, friend_id)
) {{clustered}};
CREATE INDEX friend_state ON friend (account_id, state, id);
CREATE INDEX friend_other ON friend (friend_id, account_id);
CREATE INDEX friend_offer ON friend (offer_uri);

-- Circles: names that somebody gives some of their friends. Nobody else learns of them.
CREATE TABLE friend_tag (
  id         {{id}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  name       {{text}} NOT NULL,
  name_key   {{text}} NOT NULL,                -- folded
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX friend_tag_name ON friend_tag (account_id, name_key);

CREATE TABLE friend_tag_member (
  id        {{id}} NOT NULL UNIQUE,
  tag_id    {{id}} NOT NULL REFERENCES friend_tag (id) ON DELETE CASCADE,
  owner_id  {{id}} NOT NULL,
  friend_id {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (tag_id, friend_id)
) {{clustered}};
CREATE INDEX friend_tag_member_friend ON friend_tag_member (owner_id, friend_id);
CREATE INDEX friend_tag_member_other ON friend_tag_member (friend_id);

-- Requests that were made, by or to people of this node, for the limits; kept for two days.
CREATE TABLE friend_ask (
  id         {{id}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),  -- who asked
  target_id  {{id}} NOT NULL REFERENCES account (id),
  made_at    BIGINT NOT NULL
);
CREATE INDEX friend_ask_account ON friend_ask (account_id, made_at);
CREATE INDEX friend_ask_target ON friend_ask (target_id, made_at);
CREATE INDEX friend_ask_made ON friend_ask (made_at);

-- Who refused whom, so that nobody asks again and again; kept as long as that counts.
CREATE TABLE friend_refusal (
  account_id {{id}} NOT NULL REFERENCES account (id),  -- who asked
  target_id  {{id}} NOT NULL REFERENCES account (id),  -- who refused
  refused_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, target_id)
) {{clustered}};
CREATE INDEX friend_refusal_target ON friend_refusal (target_id);
CREATE INDEX friend_refusal_at ON friend_refusal (refused_at);

-- What is in the codes that people show each other; only the hash is kept.
CREATE TABLE friend_code (
  code_hash  {{text}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  used       BOOLEAN NOT NULL DEFAULT FALSE,   -- somebody became a friend by it
  expires_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX friend_code_account ON friend_code (account_id, expires_at);
CREATE INDEX friend_code_expires ON friend_code (expires_at);

CREATE TABLE friend_setting (
  account_id  {{id}} PRIMARY KEY REFERENCES account (id),
  suggestible BOOLEAN NOT NULL DEFAULT FALSE   -- friends of friends may be shown this person
) {{clustered}};

-- The collection of somebody's friends, which only they can read. Who has one knows the handshake.
ALTER TABLE account ADD COLUMN friends {{text}} NOT NULL DEFAULT '';
UPDATE account SET friends = uri || '/friends' WHERE host = '' AND followers <> '';

-- +goose Up
-- What people of this node arrange for themselves: lists, filters, pins, tags, notes.

CREATE TABLE list (
  id             {{id}} PRIMARY KEY,
  account_id     {{id}} NOT NULL REFERENCES account (id), -- whose list it is
  title          {{text}} NOT NULL,
  replies_policy {{text}} NOT NULL,       -- followed, list, none
  exclusive      BOOLEAN NOT NULL         -- its members' posts stay out of the home timeline
);
CREATE INDEX list_account ON list (account_id, id);

-- Who is in a list. Its owner is repeated, so that what a person's lists do to their home timeline
-- is found by one index.
CREATE TABLE list_member (
  id        {{id}} NOT NULL UNIQUE,       -- for paging
  list_id   {{id}} NOT NULL REFERENCES list (id) ON DELETE CASCADE,
  owner_id  {{id}} NOT NULL,
  target_id {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (list_id, target_id)
) {{clustered}};
CREATE INDEX list_member_target ON list_member (target_id, owner_id);

-- List timelines, written when a post arrives, as home_entry is.
CREATE TABLE list_entry (
  list_id   {{id}} NOT NULL REFERENCES list (id) ON DELETE CASCADE,
  status_id {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  author_id {{id}} NOT NULL,
  PRIMARY KEY (list_id, status_id)
) {{clustered}};
CREATE INDEX list_entry_status ON list_entry (status_id);
CREATE INDEX list_entry_author ON list_entry (list_id, author_id);

CREATE TABLE content_filter (
  id         {{id}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  title      {{text}} NOT NULL,
  contexts   {{text}} NOT NULL,           -- JSON: ["home", …]
  action     {{text}} NOT NULL,           -- warn, hide, blur
  expires_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX content_filter_account ON content_filter (account_id, id);

CREATE TABLE filter_keyword (
  id         {{id}} PRIMARY KEY,
  filter_id  {{id}} NOT NULL REFERENCES content_filter (id) ON DELETE CASCADE,
  keyword    {{text}} NOT NULL,
  whole_word BOOLEAN NOT NULL
);
CREATE INDEX filter_keyword_filter ON filter_keyword (filter_id, id);

CREATE TABLE filter_status (
  id        {{id}} PRIMARY KEY,
  filter_id {{id}} NOT NULL REFERENCES content_filter (id) ON DELETE CASCADE,
  status_id {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX filter_status_once ON filter_status (filter_id, status_id);
CREATE INDEX filter_status_status ON filter_status (status_id);

-- What people show at the top of their profiles: ours, and of others what their servers say.
CREATE TABLE pin (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  status_id  {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, status_id)
) {{clustered}};
CREATE INDEX pin_status ON pin (status_id);

-- When the pinned posts of somebody of another server were last read, or asked for.
ALTER TABLE account ADD COLUMN pins_asked_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE tag_follow (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  tag        {{text}} NOT NULL,           -- folded
  name       {{text}} NOT NULL,           -- as written
  PRIMARY KEY (account_id, tag)
) {{clustered}};
CREATE INDEX tag_follow_tag ON tag_follow (tag, account_id);

CREATE TABLE featured_tag (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  tag        {{text}} NOT NULL,
  name       {{text}} NOT NULL,
  PRIMARY KEY (account_id, tag)
) {{clustered}};

-- Threads that somebody wants no notifications of.
CREATE TABLE thread_mute (
  account_id {{id}} NOT NULL REFERENCES account (id),
  thread_id  {{id}} NOT NULL,
  PRIMARY KEY (account_id, thread_id)
) {{clustered}};
CREATE INDEX thread_mute_thread ON thread_mute (thread_id);

CREATE TABLE account_note (
  account_id {{id}} NOT NULL REFERENCES account (id),
  target_id  {{id}} NOT NULL REFERENCES account (id),
  text       {{text}} NOT NULL,
  PRIMARY KEY (account_id, target_id)
) {{clustered}};
CREATE INDEX account_note_target ON account_note (target_id);

-- Whom people recommend on their profiles.
CREATE TABLE endorsement (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  target_id  {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (account_id, target_id)
) {{clustered}};
CREATE INDEX endorsement_target ON endorsement (target_id);

-- +goose Up
-- What somebody is told in groups and what they do not want to be told, posts for later, reports,
-- what the operator says, and what is going around.

-- Of a group only its newest row is newest, and has what is told of the group, so that a page of
-- groups is a page of one index. Rows of no group have '' and are newest. about_id is what no status
-- is: a report, a severance.
ALTER TABLE notification ADD COLUMN group_key {{text}} NOT NULL DEFAULT '';
ALTER TABLE notification ADD COLUMN newest BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE notification ADD COLUMN members BIGINT NOT NULL DEFAULT 1;
ALTER TABLE notification ADD COLUMN first_id {{id}} NOT NULL DEFAULT 0; -- the oldest of the group
ALTER TABLE notification ADD COLUMN latest {{text}} NOT NULL DEFAULT '[]'; -- JSON: who did the newest
ALTER TABLE notification ADD COLUMN filtered BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE notification ADD COLUMN about_id {{id}} NOT NULL DEFAULT 0;
DROP INDEX notification_once;
CREATE UNIQUE INDEX notification_once ON notification (account_id, type, from_id, status_id, about_id);
CREATE INDEX notification_newest ON notification (account_id, id) WHERE newest AND NOT filtered;
CREATE INDEX notification_group ON notification (account_id, group_key, id) WHERE group_key <> '';
CREATE INDEX notification_filtered ON notification (account_id, from_id) WHERE filtered;

-- accept, filter or drop, for five kinds of people and posts.
CREATE TABLE notification_policy (
  account_id       {{id}} PRIMARY KEY REFERENCES account (id),
  not_following    {{text}} NOT NULL,
  not_followers    {{text}} NOT NULL,
  new_accounts     {{text}} NOT NULL,
  private_mentions {{text}} NOT NULL,
  limited_accounts {{text}} NOT NULL
) {{clustered}};

-- Of whom somebody wants to be told whatever their policy says.
CREATE TABLE notification_permission (
  account_id {{id}} NOT NULL REFERENCES account (id),
  from_id    {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (account_id, from_id)
) {{clustered}};
CREATE INDEX notification_permission_from ON notification_permission (from_id);

-- Who mentioned somebody and was filtered.
CREATE TABLE notification_request (
  id             {{id}} NOT NULL UNIQUE,
  account_id     {{id}} NOT NULL REFERENCES account (id),
  from_id        {{id}} NOT NULL REFERENCES account (id),
  last_status_id {{id}} NOT NULL,
  created_at     BIGINT NOT NULL,
  updated_at     BIGINT NOT NULL,
  PRIMARY KEY (account_id, from_id)
) {{clustered}};
CREATE INDEX notification_request_from ON notification_request (from_id);
CREATE INDEX notification_request_updated ON notification_request (updated_at);
CREATE INDEX notification_request_page ON notification_request (account_id, id);

-- Follows that a decision of the operator ended, counted for each person whom it concerns.
CREATE TABLE severance (
  id          {{id}} PRIMARY KEY,
  account_id  {{id}} NOT NULL REFERENCES account (id),
  cause       {{text}} NOT NULL,      -- domain_block
  target_name {{text}} NOT NULL,
  followers   BIGINT NOT NULL,
  following   BIGINT NOT NULL,
  created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX severance_once ON severance (account_id, cause, target_name, created_at);

-- Posts for later. params is how the post will be, in JSON.
CREATE TABLE scheduled_status (
  id              {{id}} PRIMARY KEY,
  account_id      {{id}} NOT NULL REFERENCES account (id),
  scheduled_at    BIGINT NOT NULL,
  params          {{blob}} NOT NULL,
  idempotency_key {{text}} NOT NULL DEFAULT '',
  error           {{text}} NOT NULL DEFAULT '', -- why it could not be posted, for its author
  created_at      BIGINT NOT NULL
);
CREATE INDEX scheduled_status_account ON scheduled_status (account_id, id);
CREATE INDEX scheduled_status_day ON scheduled_status (account_id, scheduled_at);
CREATE UNIQUE INDEX scheduled_status_key ON scheduled_status (account_id, idempotency_key) WHERE idempotency_key <> '';

-- Complaints, of our own people and of other servers.
CREATE TABLE report (
  id          {{id}} PRIMARY KEY,
  account_id  {{id}} NOT NULL REFERENCES account (id), -- who reports; another server's actor, or ours
  target_id   {{id}} NOT NULL REFERENCES account (id),
  uri         {{text}} NOT NULL UNIQUE,  -- of the Flag
  category    {{text}} NOT NULL,
  comment     {{text}} NOT NULL,
  status_ids  {{text}} NOT NULL,      -- JSON
  rule_ids    {{text}} NOT NULL,      -- JSON
  forwarded   BOOLEAN NOT NULL DEFAULT FALSE,
  created_at  BIGINT NOT NULL,
  resolved_at BIGINT NOT NULL DEFAULT 0,
  resolution  {{text}} NOT NULL DEFAULT ''
);
CREATE INDEX report_open ON report (id) WHERE resolved_at = 0;
CREATE INDEX report_account ON report (account_id, id);
CREATE INDEX report_target ON report (target_id);
CREATE INDEX report_resolved ON report (resolved_at) WHERE resolved_at > 0;

-- What the operator says about the node, by name. Only terms have a day, from which on they hold.
CREATE TABLE node_text (
  name         {{text}} NOT NULL,
  effective_on {{text}} NOT NULL DEFAULT '', -- 2026-11-20
  body         {{text}} NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (name, effective_on)
) {{clustered}};

CREATE TABLE rule (
  id         {{id}} PRIMARY KEY,
  body       {{text}} NOT NULL,
  hint       {{text}} NOT NULL DEFAULT '',
  removed_at BIGINT NOT NULL DEFAULT 0  -- kept for the reports that name it
);

CREATE TABLE announcement (
  id         {{id}} PRIMARY KEY,
  body       {{text}} NOT NULL,       -- Markdown
  content    {{text}} NOT NULL,       -- safe HTML
  starts_at  BIGINT NOT NULL DEFAULT 0,
  ends_at    BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE announcement_read (
  account_id      {{id}} NOT NULL REFERENCES account (id),
  announcement_id {{id}} NOT NULL REFERENCES announcement (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, announcement_id)
) {{clustered}};
CREATE INDEX announcement_read_announcement ON announcement_read (announcement_id);

CREATE TABLE announcement_reaction (
  announcement_id {{id}} NOT NULL REFERENCES announcement (id) ON DELETE CASCADE,
  name            {{text}} NOT NULL,
  account_id      {{id}} NOT NULL REFERENCES account (id),
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (announcement_id, name, account_id)
) {{clustered}};
CREATE INDEX announcement_reaction_account ON announcement_reaction (account_id);

-- What is going around, written anew by a job.
CREATE TABLE trend (
  kind  {{text}} NOT NULL,            -- tag, status, link
  place BIGINT NOT NULL,              -- from 1, the most popular
  tag   {{text}} NOT NULL DEFAULT '', -- folded
  name  {{text}} NOT NULL DEFAULT '', -- the tag as written
  id    {{id}} NOT NULL DEFAULT 0,    -- the status or the card
  PRIMARY KEY (kind, place)
) {{clustered}};

-- The profile directory.
CREATE INDEX account_directory_active ON account (last_status_at, id) WHERE discoverable AND NOT hidden;
CREATE INDEX account_directory_new ON account (id) WHERE discoverable AND NOT hidden;

CREATE TABLE suggestion_dismissed (
  account_id {{id}} NOT NULL REFERENCES account (id),
  target_id  {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (account_id, target_id)
) {{clustered}};
CREATE INDEX suggestion_dismissed_target ON suggestion_dismissed (target_id);

-- What a node counts of itself each week, from Monday.
CREATE TABLE activity_week (
  week          BIGINT PRIMARY KEY,   -- its first millisecond, in UTC
  statuses      BIGINT NOT NULL,
  logins        BIGINT NOT NULL,
  registrations BIGINT NOT NULL
) {{clustered}};

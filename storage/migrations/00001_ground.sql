-- +goose Up
-- {{id}}, {{text}}, {{blob}} and {{clustered}} are words for what the two engines call differently
-- (query.go). {{clustered}} keeps the rows of a small table in its primary key on SQLite.
-- Times are milliseconds since 1970 in UTC, 0 where something has not happened. Ids are snowflakes.

CREATE TABLE setting (
  key   {{text}} PRIMARY KEY,
  value {{blob}} NOT NULL
) {{clustered}};

CREATE TABLE counter (
  name  {{text}} PRIMARY KEY,
  value BIGINT NOT NULL
) {{clustered}};

-- Everybody this node has ever heard of; host is '' for its own people. Rows of deleted local
-- people stay for ever, so that a name is never given again. What timelines ask for comes first, here
-- and in status, because SQLite reads a row from its beginning.
CREATE TABLE account (
  id              {{id}} PRIMARY KEY,
  version         BIGINT NOT NULL DEFAULT 1,     -- grows with every change a client can see
  hidden          BOOLEAN NOT NULL DEFAULT FALSE, -- suspended, deleted or of a blocked host: shown to nobody
  uri             {{text}} NOT NULL UNIQUE,
  name            {{text}} NOT NULL,             -- as its owner writes it
  name_key        {{text}} NOT NULL,             -- in lower case, for lookup
  host            {{text}} NOT NULL DEFAULT '',
  type            {{text}} NOT NULL DEFAULT 'Person',
  display_name    {{text}} NOT NULL DEFAULT '',
  bio             {{text}} NOT NULL DEFAULT '',  -- safe HTML
  bio_source      {{text}} NOT NULL DEFAULT '',  -- as typed, local people only
  fields          {{text}} NOT NULL DEFAULT '[]',
  url             {{text}} NOT NULL DEFAULT '',
  inbox           {{text}} NOT NULL DEFAULT '',
  shared_inbox    {{text}} NOT NULL DEFAULT '',
  inbox_host      {{text}} NOT NULL DEFAULT '',  -- host of where deliveries go, remote only
  outbox          {{text}} NOT NULL DEFAULT '',
  followers       {{text}} NOT NULL DEFAULT '',
  following       {{text}} NOT NULL DEFAULT '',
  featured        {{text}} NOT NULL DEFAULT '',
  avatar          {{text}} NOT NULL DEFAULT '',  -- a URL; a path of ours for local people
  header          {{text}} NOT NULL DEFAULT '',
  locked          BOOLEAN NOT NULL DEFAULT FALSE,
  bot             BOOLEAN NOT NULL DEFAULT FALSE,
  discoverable    BOOLEAN NOT NULL DEFAULT FALSE,
  indexable       BOOLEAN NOT NULL DEFAULT FALSE,
  moved_to        {{text}} NOT NULL DEFAULT '',
  also_known_as   {{text}} NOT NULL DEFAULT '[]',
  followers_count BIGINT NOT NULL DEFAULT 0,
  following_count BIGINT NOT NULL DEFAULT 0,
  statuses_count  BIGINT NOT NULL DEFAULT 0,
  last_status_at  BIGINT NOT NULL DEFAULT 0,
  created_at      BIGINT NOT NULL,
  fetched_at      BIGINT NOT NULL DEFAULT 0,     -- when the actor document was last read, remote only
  suspended_at    BIGINT NOT NULL DEFAULT 0,
  deleted_at      BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX account_local_name ON account (name_key) WHERE host = '';
CREATE INDEX account_handle ON account (name_key, host);
CREATE INDEX account_host ON account (host, id);
CREATE INDEX account_inbox_host ON account (inbox_host);

-- How somebody of this node signs in, and what they prefer.
CREATE TABLE login (
  account_id          {{id}} PRIMARY KEY REFERENCES account (id),
  email               {{text}} NOT NULL UNIQUE,    -- normalised
  password_hash       {{text}} NOT NULL,
  role                {{text}} NOT NULL DEFAULT 'member',
  locale              {{text}} NOT NULL DEFAULT 'en',
  default_visibility  {{text}} NOT NULL DEFAULT 'public',
  default_sensitive   BOOLEAN NOT NULL DEFAULT FALSE,
  default_language    {{text}} NOT NULL DEFAULT '',
  created_at          BIGINT NOT NULL,
  confirmed_at        BIGINT NOT NULL DEFAULT 0,
  active_at           BIGINT NOT NULL              -- last use, to the day; home timelines depend on it
);

CREATE TABLE actor_key (
  id          {{text}} PRIMARY KEY,     -- the IRI in signatures
  account_id  {{id}} NOT NULL REFERENCES account (id),
  kind        {{text}} NOT NULL,        -- rsa, ed25519
  public_key  {{text}} NOT NULL,        -- PEM or multibase
  private_key {{text}} NOT NULL DEFAULT '', -- PKCS #8 PEM, our own people and the node only
  created_at  BIGINT NOT NULL
);
CREATE INDEX actor_key_account ON actor_key (account_id);

CREATE TABLE follow (
  id          {{id}} NOT NULL UNIQUE,   -- for paging
  account_id  {{id}} NOT NULL REFERENCES account (id),  -- who follows
  target_id   {{id}} NOT NULL REFERENCES account (id),
  uri         {{text}} NOT NULL,
  accepted    BOOLEAN NOT NULL DEFAULT FALSE,
  boosts      BOOLEAN NOT NULL DEFAULT TRUE,
  notify      BOOLEAN NOT NULL DEFAULT FALSE,
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (account_id, target_id)
) {{clustered}};
CREATE INDEX follow_target ON follow (target_id, accepted, id);
CREATE INDEX follow_account ON follow (account_id, accepted, id);
CREATE INDEX follow_uri ON follow (uri);
CREATE INDEX follow_notify ON follow (target_id, account_id) WHERE notify;

CREATE TABLE block (
  id          {{id}} NOT NULL UNIQUE,
  account_id  {{id}} NOT NULL REFERENCES account (id),
  target_id   {{id}} NOT NULL REFERENCES account (id),
  uri         {{text}} NOT NULL,
  created_at  BIGINT NOT NULL,
  PRIMARY KEY (account_id, target_id)
) {{clustered}};
CREATE INDEX block_target ON block (target_id, account_id);
CREATE INDEX block_uri ON block (uri);

CREATE TABLE mute (
  id            {{id}} NOT NULL UNIQUE,
  account_id    {{id}} NOT NULL REFERENCES account (id),
  target_id     {{id}} NOT NULL REFERENCES account (id),
  notifications BOOLEAN NOT NULL DEFAULT TRUE,
  expires_at    BIGINT NOT NULL DEFAULT 0,
  created_at    BIGINT NOT NULL,
  PRIMARY KEY (account_id, target_id)
) {{clustered}};

-- What one person does not want to see of a whole host.
CREATE TABLE domain_mute (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  host       {{text}} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, host)
) {{clustered}};

-- What the operator decided about a host and everything under it.
CREATE TABLE domain_policy (
  domain     {{text}} PRIMARY KEY,
  action     {{text}} NOT NULL,       -- block, allow
  reason     {{text}} NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
) {{clustered}};

CREATE TABLE status (
  id              {{id}} PRIMARY KEY,
  version         BIGINT NOT NULL DEFAULT 1,
  account_id      {{id}} NOT NULL REFERENCES account (id),
  boost_of_id     {{id}} NOT NULL DEFAULT 0,
  everybody       BOOLEAN NOT NULL DEFAULT FALSE, -- whether everybody may see it, or its audience alone
  visibility      {{text}} NOT NULL,           -- public, unlisted, private, direct
  local           BOOLEAN NOT NULL,
  reply_to_id     {{id}} NOT NULL DEFAULT 0,
  reply_to_account {{id}} NOT NULL DEFAULT 0,
  reply_to_uri    {{text}} NOT NULL DEFAULT '', -- kept when the parent is not known here
  thread_id       {{id}} NOT NULL DEFAULT 0,   -- shared by all posts of a thread; 0 for boosts
  replies_count   BIGINT NOT NULL DEFAULT 0,
  boosts_count    BIGINT NOT NULL DEFAULT 0,
  likes_count     BIGINT NOT NULL DEFAULT 0,
  created_at      BIGINT NOT NULL,
  edited_at       BIGINT NOT NULL DEFAULT 0,
  uri             {{text}} NOT NULL UNIQUE,
  url             {{text}} NOT NULL DEFAULT '',
  type            {{text}} NOT NULL DEFAULT 'Note',
  sensitive       BOOLEAN NOT NULL DEFAULT FALSE,
  language        {{text}} NOT NULL DEFAULT '',
  app_name        {{text}} NOT NULL DEFAULT '',
  app_website     {{text}} NOT NULL DEFAULT '',
  spoiler         {{text}} NOT NULL DEFAULT '',
  content         {{text}} NOT NULL DEFAULT '', -- safe HTML
  source          {{text}} NOT NULL DEFAULT ''  -- as typed
);
CREATE INDEX status_account ON status (account_id, id);
CREATE INDEX status_reply ON status (reply_to_id, id) WHERE reply_to_id <> 0;
CREATE INDEX status_reply_uri ON status (reply_to_uri) WHERE reply_to_uri <> '' AND reply_to_id = 0;
CREATE INDEX status_thread ON status (thread_id, id) WHERE thread_id <> 0;
CREATE UNIQUE INDEX status_boost ON status (boost_of_id, account_id) WHERE boost_of_id <> 0;
CREATE INDEX status_public ON status (id) WHERE visibility = 'public' AND boost_of_id = 0;
CREATE INDEX status_public_local ON status (id) WHERE visibility = 'public' AND boost_of_id = 0 AND local;

-- Who may see a status that is not for everybody, the source of every read path (visible.go). A
-- principal is an account's id, or the negative id of an account for all who follow it.
CREATE TABLE audience (
  status_id {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  principal {{id}} NOT NULL,
  PRIMARY KEY (status_id, principal)
) {{clustered}};

CREATE TABLE mention (
  status_id  {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  PRIMARY KEY (status_id, account_id)
) {{clustered}};
CREATE INDEX mention_account ON mention (account_id, status_id);

CREATE TABLE status_tag (
  tag       {{text}} NOT NULL,        -- folded
  status_id {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  name      {{text}} NOT NULL,        -- as written
  PRIMARY KEY (tag, status_id)
) {{clustered}};
CREATE INDEX status_tag_status ON status_tag (status_id);

-- Pictures and films of posts of other servers; where they are, not what they are.
CREATE TABLE attachment (
  id          {{id}} PRIMARY KEY,
  status_id   {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  position    BIGINT NOT NULL,
  media_type  {{text}} NOT NULL DEFAULT '',
  remote_url  {{text}} NOT NULL,
  description {{text}} NOT NULL DEFAULT '',
  blurhash    {{text}} NOT NULL DEFAULT '',
  width       BIGINT NOT NULL DEFAULT 0,
  height      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX attachment_status ON attachment (status_id, position);

CREATE TABLE poll (
  status_id   {{id}} PRIMARY KEY REFERENCES status (id) ON DELETE CASCADE,
  options     {{text}} NOT NULL,      -- JSON: [{"title":…,"votes":…}]
  multiple    BOOLEAN NOT NULL,
  hide_totals BOOLEAN NOT NULL DEFAULT FALSE,
  voters      BIGINT NOT NULL DEFAULT 0,
  expires_at  BIGINT NOT NULL,
  counted_at  BIGINT NOT NULL DEFAULT 0, -- when its author's server told the counts; 0: counted here
  asked_at    BIGINT NOT NULL DEFAULT 0  -- when that server was last asked for them
);

-- Who chose what: everybody in polls of this node, our own people in others.
CREATE TABLE poll_vote (
  status_id  {{id}} NOT NULL REFERENCES poll (status_id) ON DELETE CASCADE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  choice     BIGINT NOT NULL,         -- the place of the option, from 0
  uri        {{text}} NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (status_id, account_id, choice)
) {{clustered}};
CREATE INDEX poll_vote_account ON poll_vote (account_id);

-- What a status said before an edit.
CREATE TABLE status_edit (
  status_id  {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,         -- when this version was written
  content    {{text}} NOT NULL,
  source     {{text}} NOT NULL DEFAULT '',
  spoiler    {{text}} NOT NULL,
  sensitive  BOOLEAN NOT NULL,
  PRIMARY KEY (status_id, created_at)
) {{clustered}};

CREATE TABLE likes (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  status_id  {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  uri        {{text}} NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, status_id)
) {{clustered}};
CREATE INDEX likes_status ON likes (status_id, id);
CREATE INDEX likes_uri ON likes (uri) WHERE uri <> '';

CREATE TABLE bookmark (
  id         {{id}} NOT NULL UNIQUE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  status_id  {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, status_id)
) {{clustered}};
CREATE INDEX bookmark_status ON bookmark (status_id);

-- Home timelines, written when a post arrives; disposable, rebuilt from follows.
CREATE TABLE home_entry (
  account_id {{id}} NOT NULL REFERENCES account (id),
  status_id  {{id}} NOT NULL REFERENCES status (id) ON DELETE CASCADE,
  author_id  {{id}} NOT NULL,
  PRIMARY KEY (account_id, status_id)
) {{clustered}};
CREATE INDEX home_entry_status ON home_entry (status_id);
CREATE INDEX home_entry_author ON home_entry (account_id, author_id);

CREATE TABLE notification (
  id         {{id}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  type       {{text}} NOT NULL,
  from_id    {{id}} NOT NULL REFERENCES account (id),
  status_id  {{id}} NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX notification_once ON notification (account_id, type, from_id, status_id);
CREATE INDEX notification_account ON notification (account_id, id);
CREATE INDEX notification_from ON notification (from_id);
CREATE INDEX notification_status ON notification (status_id) WHERE status_id <> 0;

-- Direct messages by thread, one row for each local person in it.
CREATE TABLE conversation (
  account_id     {{id}} NOT NULL REFERENCES account (id),
  thread_id      {{id}} NOT NULL,
  last_status_id {{id}} NOT NULL,
  unread         BOOLEAN NOT NULL DEFAULT TRUE,
  PRIMARY KEY (account_id, thread_id)
) {{clustered}};
CREATE INDEX conversation_last ON conversation (account_id, last_status_id);
CREATE INDEX conversation_thread ON conversation (thread_id);

CREATE TABLE marker (
  account_id   {{id}} NOT NULL REFERENCES account (id),
  timeline     {{text}} NOT NULL,
  last_read_id {{text}} NOT NULL,
  version      BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (account_id, timeline)
) {{clustered}};

CREATE TABLE idempotency (
  account_id {{id}} NOT NULL,
  key        {{text}} NOT NULL,
  status_id  {{id}} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, key)
) {{clustered}};

-- The finished ActivityPub documents of local objects, served as they are.
CREATE TABLE document (
  uri        {{text}} PRIMARY KEY,
  status_id  {{id}} NOT NULL DEFAULT 0,
  body       {{blob}} NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX document_status ON document (status_id) WHERE status_id <> 0;

-- Ids of objects that were deleted, here or elsewhere, and must not come back.
CREATE TABLE tombstone (
  uri        {{text}} PRIMARY KEY,
  account_uri {{text}} NOT NULL,
  everybody  BOOLEAN NOT NULL DEFAULT FALSE, -- whether everybody could see it, and may know that it was
  deleted_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX tombstone_deleted ON tombstone (deleted_at);

-- Every activity that was accepted, byte for byte; the primary key makes effects happen once.
CREATE TABLE received (
  activity_id {{text}} PRIMARY KEY,
  actor       {{text}} NOT NULL,
  body        {{blob}},                -- emptied after a while, the row stays longer
  received_at BIGINT NOT NULL,
  applied_at  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX received_at ON received (received_at);
CREATE INDEX received_body ON received (received_at) WHERE body IS NOT NULL;
CREATE INDEX received_large ON received (received_at) WHERE length(body) > 65536;

-- The personal inboxes an activity came to.
CREATE TABLE received_for (
  activity_id {{text}} NOT NULL,
  account_id  {{id}} NOT NULL,
  PRIMARY KEY (activity_id, account_id)
) {{clustered}};

-- Jobs run in lanes: those of one lane one after another, in the order of their ids.
CREATE TABLE job (
  id         {{id}} PRIMARY KEY,
  queue      {{text}} NOT NULL,
  lane       {{text}} NOT NULL,
  kind       {{text}} NOT NULL,
  payload    {{blob}} NOT NULL,
  run_at     BIGINT NOT NULL,
  attempts   BIGINT NOT NULL DEFAULT 0,
  dead_at    BIGINT NOT NULL DEFAULT 0,
  error      {{text}} NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE INDEX job_lane ON job (queue, lane, id) WHERE dead_at = 0;
CREATE INDEX job_dead ON job (dead_at) WHERE dead_at > 0;

CREATE TABLE lane (
  queue       {{text}} NOT NULL,
  name        {{text}} NOT NULL,
  next_at     BIGINT NOT NULL,
  lease_until BIGINT NOT NULL DEFAULT 0,
  holder      {{text}} NOT NULL DEFAULT '',
  PRIMARY KEY (queue, name)
) {{clustered}};
CREATE INDEX lane_due ON lane (queue, next_at);

-- What is to be sent: the bytes once, then one row for each inbox.
CREATE TABLE payload (
  id         {{id}} PRIMARY KEY,
  body       {{blob}} NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE delivery (
  id         {{id}} PRIMARY KEY,
  host       {{text}} NOT NULL,
  inbox      {{text}} NOT NULL,
  payload_id {{id}} NOT NULL REFERENCES payload (id),
  sender_id  {{id}} NOT NULL,          -- whose key signs; a sender's deliveries to a host keep their order
  run_at     BIGINT NOT NULL,
  attempts   BIGINT NOT NULL DEFAULT 0,
  dead_at    BIGINT NOT NULL DEFAULT 0,
  error      {{text}} NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE INDEX delivery_host ON delivery (host, id) WHERE dead_at = 0;
CREATE INDEX delivery_dead ON delivery (dead_at) WHERE dead_at > 0;
CREATE INDEX delivery_payload ON delivery (payload_id);
CREATE UNIQUE INDEX delivery_once ON delivery (payload_id, inbox);

CREATE TABLE destination (
  host        {{text}} PRIMARY KEY,
  next_at     BIGINT NOT NULL,
  lease_until BIGINT NOT NULL DEFAULT 0,
  holder      {{text}} NOT NULL DEFAULT '',
  failures    BIGINT NOT NULL DEFAULT 0,  -- in a row, of the connection or the whole host
  failing_since BIGINT NOT NULL DEFAULT 0,
  down_until  BIGINT NOT NULL DEFAULT 0,  -- not to be asked before, whatever is due
  rfc9421_at  BIGINT NOT NULL DEFAULT 0,  -- when the host last showed that it knows RFC 9421
  ed25519_at  BIGINT NOT NULL DEFAULT 0,  -- when it asked for Ed25519 signatures
  seen_at     BIGINT NOT NULL DEFAULT 0   -- when anything authentic last came from it
) {{clustered}};
CREATE INDEX destination_due ON destination (next_at);

-- What other processes should know soon: revoked tokens, changed policies.
CREATE TABLE event (
  id         {{id}} PRIMARY KEY,
  kind       {{text}} NOT NULL,
  payload    {{text}} NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE oauth_app (
  id            {{id}} PRIMARY KEY,
  client_id     {{text}} NOT NULL UNIQUE,
  secret_hash   {{text}} NOT NULL,
  name          {{text}} NOT NULL,
  website       {{text}} NOT NULL DEFAULT '',
  redirect_uris {{text}} NOT NULL,      -- one a line
  scopes        {{text}} NOT NULL,
  created_at    BIGINT NOT NULL
);

CREATE TABLE oauth_code (
  code_hash    {{text}} PRIMARY KEY,
  app_id       {{id}} NOT NULL REFERENCES oauth_app (id),
  account_id   {{id}} NOT NULL REFERENCES account (id),
  redirect_uri {{text}} NOT NULL,
  scopes       {{text}} NOT NULL,
  challenge    {{text}} NOT NULL DEFAULT '', -- PKCE S256
  expires_at   BIGINT NOT NULL
);
CREATE INDEX oauth_code_app ON oauth_code (app_id);

CREATE TABLE oauth_token (
  id           {{id}} PRIMARY KEY,
  token_hash   {{text}} NOT NULL UNIQUE,
  app_id       {{id}} NOT NULL REFERENCES oauth_app (id),
  account_id   {{id}} NOT NULL DEFAULT 0,  -- 0: the app itself
  scopes       {{text}} NOT NULL,
  code_hash    {{text}} NOT NULL DEFAULT '', -- the code it was made from, to revoke on reuse
  created_at   BIGINT NOT NULL
);
CREATE INDEX oauth_token_app ON oauth_token (app_id);
CREATE INDEX oauth_token_account ON oauth_token (account_id);
CREATE INDEX oauth_token_code ON oauth_token (code_hash) WHERE code_hash <> '';

-- Browser sessions of the sign-in and consent pages.
CREATE TABLE session (
  token_hash {{text}} PRIMARY KEY,
  account_id {{id}} NOT NULL REFERENCES account (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);

-- One-time links: making the owner's account.
CREATE TABLE invite (
  token_hash {{text}} PRIMARY KEY,
  role       {{text}} NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL DEFAULT 0
);

-- +goose Up
-- Who wants an account and has none yet: the address is not confirmed, or nobody approved it. A name
-- is given for good only when the account is made, so that what nobody confirms leaves nothing.
CREATE TABLE signup (
  id            {{id}} PRIMARY KEY,
  name          {{text}} NOT NULL UNIQUE,        -- in lower case
  email         {{text}} NOT NULL,               -- normalised; several may name one address
  password_hash {{text}} NOT NULL,
  role          {{text}} NOT NULL,
  locale        {{text}} NOT NULL,
  reason        {{text}} NOT NULL DEFAULT '',
  invite_id     {{id}} NOT NULL DEFAULT 0,       -- whose use is given back if nothing comes of it
  app_id        {{id}} NOT NULL DEFAULT 0,       -- the program that asked, 0 for the page
  token_hash    {{text}} NOT NULL DEFAULT '',    -- of the token which that program was given
  scopes        {{text}} NOT NULL DEFAULT '',
  created_at    BIGINT NOT NULL,
  confirmed_at  BIGINT NOT NULL DEFAULT 0,
  approved_at   BIGINT NOT NULL DEFAULT 0,
  expires_at    BIGINT NOT NULL
);
CREATE INDEX signup_email ON signup (email);
CREATE INDEX signup_expires ON signup (expires_at);
CREATE INDEX signup_app ON signup (app_id) WHERE app_id <> 0;
CREATE UNIQUE INDEX signup_token ON signup (token_hash) WHERE token_hash <> '';

-- Secrets that work once, by mail or from one page to the next. Only hashes are kept.
CREATE TABLE one_time (
  token_hash {{text}} PRIMARY KEY,
  purpose    {{text}} NOT NULL,
  account_id {{id}} NOT NULL DEFAULT 0,
  signup_id  {{id}} NOT NULL DEFAULT 0,
  email      {{text}} NOT NULL DEFAULT '',       -- the address that is confirmed by it
  expires_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX one_time_account ON one_time (account_id, purpose) WHERE account_id <> 0;
CREATE INDEX one_time_expires ON one_time (expires_at);
CREATE INDEX one_time_signup ON one_time (signup_id) WHERE signup_id <> 0;

-- Six-digit codes at sign-in (RFC 6238). The secret has to be known to check them.
CREATE TABLE second_factor (
  account_id   {{id}} PRIMARY KEY REFERENCES account (id),
  secret       {{text}} NOT NULL,
  created_at   BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL DEFAULT 0,        -- 0: shown, and not in use yet
  last_step    BIGINT NOT NULL DEFAULT 0         -- of the last code that was taken, which is not taken again
);

CREATE TABLE recovery_code (
  account_id {{id}} NOT NULL REFERENCES account (id),
  code_hash  {{text}} NOT NULL,
  PRIMARY KEY (account_id, code_hash)
) {{clustered}};

-- Browsers in which somebody has signed in before: others who try their name do not slow them down.
CREATE TABLE device (
  account_id  {{id}} NOT NULL REFERENCES account (id),
  device_hash {{text}} NOT NULL,
  used_at     BIGINT NOT NULL,
  PRIMARY KEY (account_id, device_hash)
) {{clustered}};
CREATE INDEX device_used ON device (used_at);

-- What was tried, by whom or about whom, so that several processes count together. Keys are hashes:
-- a name that is typed wrong may be somebody's password.
CREATE TABLE attempt (
  key      {{text}} PRIMARY KEY,
  failures BIGINT NOT NULL,
  wait_to  BIGINT NOT NULL,
  made_at  BIGINT NOT NULL
) {{clustered}};
CREATE INDEX attempt_made ON attempt (made_at);

ALTER TABLE invite ADD COLUMN id {{id}} NOT NULL DEFAULT 0;
ALTER TABLE invite ADD COLUMN account_id {{id}} NOT NULL DEFAULT 0; -- who invites; 0: the operator
ALTER TABLE invite ADD COLUMN uses BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invite ADD COLUMN uses_max BIGINT NOT NULL DEFAULT 1;
ALTER TABLE invite ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
UPDATE invite SET uses = 1 WHERE used_at > 0;
UPDATE invite SET id = expires_at;  -- no two were made in the same millisecond
CREATE INDEX invite_account ON invite (account_id, id);

ALTER TABLE session ADD COLUMN id {{id}} NOT NULL DEFAULT 0;
UPDATE session SET id = created_at;
ALTER TABLE session ADD COLUMN agent {{text}} NOT NULL DEFAULT '';   -- what the browser says it is
ALTER TABLE session ADD COLUMN address {{text}} NOT NULL DEFAULT ''; -- the network it is in, not the whole address
ALTER TABLE session ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;  -- when the password was last given in it

ALTER TABLE oauth_token ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0; -- to the day

-- +goose Up
-- What those who moderate do: milder measures than suspending, whose report it is, a book of every
-- act, and what people answer to what was done to them.
ALTER TABLE account ADD COLUMN silenced_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN sensitized_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN limited BOOLEAN NOT NULL DEFAULT FALSE;         -- silenced, or of a silenced host
ALTER TABLE account ADD COLUMN suspended_there BOOLEAN NOT NULL DEFAULT FALSE; -- its own server says so; remote only

ALTER TABLE login ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE report ADD COLUMN assigned_id {{id}} NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN resolved_by {{id}} NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE report SET updated_at = CASE WHEN resolved_at > 0 THEN resolved_at ELSE created_at END;

-- Every act of moderation. It names accounts by id and as they were called, and outlives them.
CREATE TABLE moderation_act (
  id           {{id}} PRIMARY KEY,
  moderator_id {{id}} NOT NULL,               -- 0: the operator, from the command line
  action       {{text}} NOT NULL,
  target_id    {{id}} NOT NULL DEFAULT 0,     -- an account, 0 for what is about none
  target       {{text}} NOT NULL,             -- its handle, or the domain
  report_id    {{id}} NOT NULL DEFAULT 0,
  rule_ids     {{text}} NOT NULL,             -- JSON
  status_ids   {{text}} NOT NULL,             -- JSON
  body         {{text}} NOT NULL DEFAULT '',  -- why, as the person was told
  told         BOOLEAN NOT NULL DEFAULT FALSE, -- whether a mail was sent
  created_at   BIGINT NOT NULL
);
CREATE INDEX moderation_act_target ON moderation_act (target_id, id);
CREATE INDEX moderation_act_created ON moderation_act (created_at);
CREATE INDEX report_assigned ON report (assigned_id) WHERE assigned_id <> 0;

-- What somebody says against an act that concerns them: once for each.
CREATE TABLE appeal (
  act_id     {{id}} PRIMARY KEY REFERENCES moderation_act (id) ON DELETE CASCADE,
  account_id {{id}} NOT NULL REFERENCES account (id),
  body       {{text}} NOT NULL,
  created_at BIGINT NOT NULL,
  decided_at BIGINT NOT NULL DEFAULT 0,
  decided_by {{id}} NOT NULL DEFAULT 0,
  granted    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX appeal_account ON appeal (account_id);
CREATE INDEX appeal_open ON appeal (act_id) WHERE decided_at = 0;

-- The mailed links to answer by. They work for who cannot sign in any more, so being signed out does
-- not end them. Only hashes are kept.
CREATE TABLE appeal_link (
  token_hash {{text}} PRIMARY KEY,
  act_id     {{id}} NOT NULL REFERENCES moderation_act (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL
) {{clustered}};
CREATE INDEX appeal_link_act ON appeal_link (act_id);
CREATE INDEX appeal_link_expires ON appeal_link (expires_at);

-- Programs name decisions about domains by id.
ALTER TABLE domain_policy ADD COLUMN id {{id}} NOT NULL DEFAULT 0;
ALTER TABLE domain_policy ADD COLUMN public_comment {{text}} NOT NULL DEFAULT '';
ALTER TABLE domain_policy ADD COLUMN obfuscate BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE domain_policy SET id = n.place FROM (
  SELECT domain, ROW_NUMBER() OVER (ORDER BY domain) AS place FROM domain_policy) n WHERE n.domain = domain_policy.domain;
CREATE INDEX domain_policy_id ON domain_policy (id);
ALTER TABLE mail_domain ADD COLUMN id {{id}} NOT NULL DEFAULT 0;
UPDATE mail_domain SET id = n.place FROM (
  SELECT domain, ROW_NUMBER() OVER (ORDER BY domain) AS place FROM mail_domain) n WHERE n.domain = mail_domain.domain;
CREATE INDEX mail_domain_id ON mail_domain (id);

CREATE INDEX login_staff ON login (role) WHERE role <> 'member';

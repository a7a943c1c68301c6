-- +goose Up
-- What keeps an account its owner's. credentials counts how often everything that somebody held of
-- an account was made void: a password that was replaced, sessions that were ended, a suspension,
-- codes taken into use or out of it. What was checked before counts only while the number is the same.
ALTER TABLE login ADD COLUMN credentials BIGINT NOT NULL DEFAULT 0;

-- Domains of e-mail addresses, with those under them, of which nobody may join.
CREATE TABLE mail_domain (
  domain     {{text}} PRIMARY KEY,               -- as A-labels, in lower case
  reason     {{text}} NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
) {{clustered}};

-- Who waits to be let in, in the order of the page on which it is decided.
CREATE INDEX signup_waiting ON signup (id) WHERE approved_at = 0;

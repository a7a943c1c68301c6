-- +goose Up
-- Where somebody's programs want to be told of notifications (Web Push), one place for each token.
CREATE TABLE push_subscription (
  id            {{id}} PRIMARY KEY,
  token_id      {{id}} NOT NULL UNIQUE,          -- goes with it
  account_id    {{id}} NOT NULL REFERENCES account (id),
  endpoint      {{text}} NOT NULL,
  p256dh        {{blob}} NOT NULL,               -- the program's public key
  auth          {{blob}} NOT NULL,               -- and what it shares with this node
  standard      BOOLEAN NOT NULL,                -- RFC 8291, or the draft that older programs know
  policy        {{text}} NOT NULL,
  alerts        {{text}} NOT NULL,               -- JSON, types of notifications
  access_token  {{text}} NOT NULL,               -- what is pushed says whom it is for by it
  failures      BIGINT NOT NULL DEFAULT 0,       -- in a row
  failing_since BIGINT NOT NULL DEFAULT 0,
  retry_at      BIGINT NOT NULL DEFAULT 0,       -- not to be asked before
  created_at    BIGINT NOT NULL
);
CREATE INDEX push_subscription_account ON push_subscription (account_id);

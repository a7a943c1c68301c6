-- +goose Up

-- Who may quote a post, as bits of storage.QuotePolicy, and how many were let.
ALTER TABLE status ADD COLUMN quotes_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE status ADD COLUMN quote_policy BIGINT NOT NULL DEFAULT 0;
ALTER TABLE login ADD COLUMN default_quote_policy {{text}} NOT NULL DEFAULT 'public';

-- What a post quotes, and whether whoever wrote that agreed (FEP-044f).
CREATE TABLE quote (
  status_id         {{id}} PRIMARY KEY REFERENCES status (id) ON DELETE CASCADE,
  account_id        {{id}} NOT NULL,               -- who quotes
  quoted_id         {{id}} NOT NULL DEFAULT 0,     -- 0: not known here
  quoted_uri        {{text}} NOT NULL,
  quoted_account_id {{id}} NOT NULL DEFAULT 0,
  state             {{text}} NOT NULL,             -- pending, accepted, rejected, revoked, deleted
  consent_uri       {{text}} NOT NULL DEFAULT '',  -- the QuoteAuthorization
  request_uri       {{text}} NOT NULL DEFAULT '',  -- the QuoteRequest
  checked_at        BIGINT NOT NULL DEFAULT 0      -- when the consent was last asked for
);
CREATE INDEX quote_quoted ON quote (quoted_id, status_id) WHERE quoted_id <> 0;
CREATE INDEX quote_unknown ON quote (quoted_uri) WHERE quoted_id = 0;
CREATE INDEX quote_consent ON quote (consent_uri) WHERE consent_uri <> '';
CREATE INDEX quote_request ON quote (request_uri) WHERE request_uri <> '';

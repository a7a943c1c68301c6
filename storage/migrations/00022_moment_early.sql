-- +goose Up
-- Comments that authors' nodes named before the Moment came that they are about.
CREATE TABLE moment_early (
  author_id  {{id}} NOT NULL REFERENCES account (id),
  moment_uri {{text}} NOT NULL,
  uri        {{text}} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (author_id, moment_uri, uri)
) {{clustered}};
CREATE INDEX moment_early_created ON moment_early (created_at);

-- +goose Up
-- A comment goes by its id and the Moment that it is said to be about: somebody who names another's
-- comment first, for a Moment of their own, must not have it taken for one that was asked for.
CREATE TABLE moment_named (
  uri        {{text}} NOT NULL,
  moment_id  {{id}} NOT NULL REFERENCES moment (id) ON DELETE CASCADE,
  waiting    BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (uri, moment_id)
) {{clustered}};
INSERT INTO moment_named (uri, moment_id, waiting, created_at) SELECT uri, moment_id, waiting, created_at FROM moment_pointer;
DROP TABLE moment_pointer;
ALTER TABLE moment_named RENAME TO moment_pointer;
CREATE INDEX moment_pointer_moment ON moment_pointer (moment_id);

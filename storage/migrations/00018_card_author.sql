-- +goose Up
-- Whom a page names as its author, 0 for nobody. Whether they write there they say themselves.
ALTER TABLE card ADD COLUMN author_id {{id}} NOT NULL DEFAULT 0;

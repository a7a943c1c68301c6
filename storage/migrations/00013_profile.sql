-- +goose Up
-- What people decide about their profiles besides what it says. What is hidden is true, so that
-- actors of servers that do not know the switches show everything.
ALTER TABLE account ADD COLUMN hide_collections BOOLEAN NOT NULL DEFAULT FALSE;    -- who follows whom, local people only
ALTER TABLE account ADD COLUMN hide_media BOOLEAN NOT NULL DEFAULT FALSE;          -- of the parts of a profile
ALTER TABLE account ADD COLUMN hide_media_replies BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE account ADD COLUMN hide_featured BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE account ADD COLUMN avatar_description {{text}} NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN header_description {{text}} NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN attribution_domains {{text}} NOT NULL DEFAULT '[]'; -- sites that may name them as author
-- What somebody wrote in private is found without reading all that they wrote.
CREATE INDEX status_direct ON status (account_id, id) WHERE visibility = 'direct';

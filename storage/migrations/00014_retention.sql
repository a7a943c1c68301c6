-- +goose Up
-- What lets go of servers and their people of whom nothing is here any more.

-- When something was last sent to a host, 0: never. One of its people stays known, so that the host
-- hears of deletions. Of hosts from before this was written down nobody knows, so they count.
ALTER TABLE destination ADD COLUMN sent_at BIGINT NOT NULL DEFAULT 0;
UPDATE destination SET sent_at = 1;

-- Whoever is forgotten is looked for in every table that may name them.
CREATE INDEX mute_target ON mute (target_id);
CREATE INDEX attachment_account ON attachment (account_id);

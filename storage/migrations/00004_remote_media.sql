-- +goose Up

-- Small pictures that texts name as :shortcode:; host is '' for this node's own. Those of another
-- server are known by the word of its own people.
CREATE TABLE emoji (
  id         {{id}} PRIMARY KEY,
  host       {{text}} NOT NULL DEFAULT '',
  shortcode  {{text}} NOT NULL,
  category   {{text}} NOT NULL DEFAULT '',
  picture    {{text}} NOT NULL,               -- the keys of its file and of the still one
  still      {{text}} NOT NULL,
  remote_url {{text}} NOT NULL DEFAULT '',
  updated_at BIGINT NOT NULL,                  -- by its own server
  UNIQUE (host, shortcode)
);
CREATE INDEX emoji_picture ON emoji (picture);

-- Pictures, films and sounds of other servers that somebody here may see, by where they are there.
-- They are fetched when somebody looks, and then there are files for the keys.
CREATE TABLE remote_media (
  id          {{id}} PRIMARY KEY,
  url         {{text}} NOT NULL,
  purpose     {{text}} NOT NULL,               -- avatar, header, attachment, emoji, card
  file_key    {{text}} NOT NULL UNIQUE,        -- random
  preview_key {{text}} NOT NULL UNIQUE,        -- random: the small one, or the one that stands still
  media_type  {{text}} NOT NULL DEFAULT '',    -- what it turned out to be; '' before it was seen
  width       BIGINT NOT NULL DEFAULT 0,
  height      BIGINT NOT NULL DEFAULT 0,
  blurhash    {{text}} NOT NULL DEFAULT '',
  fetched_at  BIGINT NOT NULL DEFAULT 0,       -- 0: it is not here
  failures    BIGINT NOT NULL DEFAULT 0,
  retry_at    BIGINT NOT NULL DEFAULT 0,       -- not to be asked for before
  lease_until BIGINT NOT NULL DEFAULT 0,       -- a process is fetching it
  created_at  BIGINT NOT NULL,
  UNIQUE (url, purpose)
);
CREATE INDEX remote_media_fetched ON remote_media (fetched_at) WHERE fetched_at > 0;

-- Pictures of people of other servers and media of their posts were addresses there. They get keys
-- ({{random}} has 122 bits that nobody can guess), and the pictures are paths here.
INSERT INTO remote_media (id, url, purpose, file_key, preview_key, created_at)
  SELECT ROW_NUMBER() OVER (ORDER BY purpose, url), url, purpose, {{random}}, {{random}}, 0 FROM (
    SELECT avatar AS url, 'avatar' AS purpose FROM account WHERE host <> '' AND avatar <> ''
    UNION SELECT header, 'header' FROM account WHERE host <> '' AND header <> ''
    UNION SELECT remote_url, 'attachment' FROM attachment WHERE remote_url <> '') known;
UPDATE account SET avatar = (
    SELECT '/media/' || m.file_key || '/avatar' FROM remote_media m WHERE m.url = account.avatar AND m.purpose = 'avatar')
  WHERE host <> '' AND avatar <> '';
UPDATE account SET header = (
    SELECT '/media/' || m.file_key || '/header' FROM remote_media m WHERE m.url = account.header AND m.purpose = 'header')
  WHERE host <> '' AND header <> '';
UPDATE attachment SET file_key = (
    SELECT m.file_key FROM remote_media m WHERE m.url = attachment.remote_url AND m.purpose = 'attachment'),
    kind = CASE WHEN media_type LIKE 'image/%' THEN 'image' WHEN media_type LIKE 'video/%' THEN 'video'
      WHEN media_type LIKE 'audio/%' THEN 'audio' ELSE 'unknown' END
  WHERE remote_url <> '';
UPDATE attachment SET preview_key = (SELECT m.preview_key FROM remote_media m WHERE m.file_key = attachment.file_key)
  WHERE remote_url <> '' AND kind = 'image';
CREATE INDEX account_avatar ON account (avatar) WHERE avatar <> '';
CREATE INDEX account_header ON account (header) WHERE header <> '';
CREATE INDEX attachment_file ON attachment (file_key) WHERE file_key <> '';

-- What pages say of themselves to which posts lead.
CREATE TABLE card (
  id                {{id}} PRIMARY KEY,
  url               {{text}} NOT NULL UNIQUE,
  type              {{text}} NOT NULL DEFAULT '',  -- '': nothing is known, yet or at all
  title             {{text}} NOT NULL DEFAULT '',
  description       {{text}} NOT NULL DEFAULT '',
  language          {{text}} NOT NULL DEFAULT '',
  author_name       {{text}} NOT NULL DEFAULT '',
  author_url        {{text}} NOT NULL DEFAULT '',
  provider_name     {{text}} NOT NULL DEFAULT '',
  provider_url      {{text}} NOT NULL DEFAULT '',
  image_url         {{text}} NOT NULL DEFAULT '',
  image_key         {{text}} NOT NULL DEFAULT '',
  image_description {{text}} NOT NULL DEFAULT '',
  width             BIGINT NOT NULL DEFAULT 0,
  height            BIGINT NOT NULL DEFAULT 0,
  blurhash          {{text}} NOT NULL DEFAULT '',
  published_at      BIGINT NOT NULL DEFAULT 0,
  fetched_at        BIGINT NOT NULL DEFAULT 0,
  failures          BIGINT NOT NULL DEFAULT 0,
  retry_at          BIGINT NOT NULL DEFAULT 0,     -- not to be asked for before
  created_at        BIGINT NOT NULL
);
CREATE INDEX card_image_key ON card (image_key) WHERE image_key <> '';

CREATE TABLE status_card (
  status_id {{id}} PRIMARY KEY REFERENCES status (id) ON DELETE CASCADE,
  card_id   {{id}} NOT NULL REFERENCES card (id)
);
CREATE INDEX status_card_card ON status_card (card_id);

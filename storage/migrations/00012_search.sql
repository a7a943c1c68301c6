-- +goose Up
-- The words of posts, as protocol/words finds them, and what they are besides (post_fact.go). The
-- engines keep them each in its own way; {{sqlite}} and {{postgres}} begin lines that are for one.
{{sqlite}} CREATE VIRTUAL TABLE post_words USING fts5(words, content='', contentless_delete=1, tokenize="ascii tokenchars '_'");
{{postgres}} CREATE TABLE post_words (status_id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);
{{postgres}} CREATE INDEX post_words_words ON post_words USING gin (words) WITH (gin_pending_list_limit = 512);

-- Posts whose words are to be read, or forgotten if they are gone.
CREATE TABLE post_unread (
  status_id {{id}} PRIMARY KEY
);

-- Whose posts are to be read once more, newest first, below an id: somebody's, since they changed
-- who may find them; everybody's (0), and everybody's names (-1), since this table was made.
CREATE TABLE reading (
  account_id {{id}} PRIMARY KEY,
  below      {{id}} NOT NULL
);
INSERT INTO reading (account_id, below) VALUES (0, 9223372036854775807), (-1, 9223372036854775807);

-- What display names are found by: the beginnings of their words.
CREATE TABLE account_word (
  word       {{text}} NOT NULL,
  account_id {{id}} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  PRIMARY KEY (word, account_id)
) {{clustered}};
CREATE INDEX account_word_account ON account_word (account_id);

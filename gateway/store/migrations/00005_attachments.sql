-- +goose Up
-- What looking at a file came to (messages.FileVerdict), and the pictures made of it, sealed under the case's key like the file itself.
ALTER TABLE attachments ADD COLUMN state TEXT NOT NULL DEFAULT 'checking';
ALTER TABLE attachments ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN found TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN finding TEXT NOT NULL DEFAULT '';
ALTER TABLE attachments ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attachments ADD COLUMN checked BIGINT NOT NULL DEFAULT 0;

CREATE TABLE file_pages (
  attachment_id  TEXT NOT NULL REFERENCES attachments (id),
  page           INTEGER NOT NULL,
  media_type     TEXT NOT NULL,
  width          INTEGER NOT NULL,
  height         INTEGER NOT NULL,
  content_sealed BYTEA NOT NULL,
  PRIMARY KEY (attachment_id, page)
);

-- Files that came before anybody looked at them are looked at now. "created" is when their patience begins: their message's time would
-- have run out already, so the worker counts from when it first sees an item of 0. "not_before" is not 0, for that is no time: nothing is due then.
INSERT INTO outbox (id, kind, item_key, payload, created, not_before)
  SELECT 'file_check_' || id, 'file_check', id, '"' || id || '"', 0, 1 FROM attachments;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

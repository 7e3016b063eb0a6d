-- How the sending of each delivery goes, and the pages on which what could not be sent securely is read. Both engines read this file.

-- +goose Up
ALTER TABLE deliveries ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN notice INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN notice_sent BIGINT NOT NULL DEFAULT 0;
CREATE INDEX deliveries_troubled ON deliveries (case_id, queued) WHERE state = 'failed' OR state = 'queued';

-- One page for one delivery. The link is not kept: it is derived from the id with a key that is not in the database.
CREATE TABLE secure_pages (
  id          TEXT PRIMARY KEY,
  delivery_id TEXT NOT NULL UNIQUE REFERENCES deliveries (id),
  link_hash   TEXT NOT NULL UNIQUE,
  created     BIGINT NOT NULL,
  expires     BIGINT NOT NULL,
  opened      BIGINT NOT NULL DEFAULT 0
);

-- One-time codes, like guest_codes. asker is the hash of what the browser that asked for the code holds: it works there alone.
CREATE TABLE secure_page_codes (
  id      TEXT PRIMARY KEY,
  page_id TEXT NOT NULL REFERENCES secure_pages (id),
  asker   TEXT NOT NULL,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  tries   INTEGER NOT NULL DEFAULT 0,
  used    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX secure_page_codes_by_page ON secure_page_codes (page_id, created);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

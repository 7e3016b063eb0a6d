-- Who takes over, who is away, and what a person did about mail that did not arrive. Both engines read this file.

-- +goose Up
-- A proposed change of the person a conversation is with. Open ones have decided = 0; successor fields are what is known of who follows.
CREATE TABLE handovers (
  id         TEXT PRIMARY KEY,
  case_id    TEXT NOT NULL REFERENCES cases (id),
  thread_id  TEXT NOT NULL REFERENCES threads (id),
  contact_id TEXT NOT NULL REFERENCES contacts (id),
  reason     TEXT NOT NULL,
  name       TEXT NOT NULL DEFAULT '',
  email      TEXT NOT NULL DEFAULT '',
  phone      TEXT NOT NULL DEFAULT '',
  inbound_id TEXT NOT NULL DEFAULT '',
  proposed   BIGINT NOT NULL,
  decided    BIGINT NOT NULL DEFAULT 0,
  decided_by TEXT NOT NULL DEFAULT '',
  outcome    TEXT NOT NULL DEFAULT '',
  to_contact TEXT NOT NULL DEFAULT ''
);
-- One open proposal of a kind for each person in each conversation, however often her mailbox says the same.
CREATE UNIQUE INDEX handovers_open ON handovers (thread_id, contact_id, reason, email) WHERE decided = 0;
CREATE INDEX handovers_by_case ON handovers (case_id, proposed);

-- What a contact's own mailbox last said of her: away until a day, or gone. colleagues is JSON.
CREATE TABLE absences (
  contact_id TEXT PRIMARY KEY REFERENCES contacts (id),
  away_until BIGINT NOT NULL DEFAULT 0,
  has_left   INTEGER NOT NULL DEFAULT 0,
  colleagues TEXT NOT NULL DEFAULT '',
  learnt     BIGINT NOT NULL,
  inbound_id TEXT NOT NULL DEFAULT ''
);

-- When a person dealt with a delivery that failed.
ALTER TABLE deliveries ADD COLUMN handled BIGINT NOT NULL DEFAULT 0;
CREATE INDEX deliveries_unhandled ON deliveries (case_id, failed) WHERE state = 'failed' AND handled = 0;

-- Mail that is no message, which is what is looked for by thread; the mail that is costs this index nothing. Nothing looked for mail by state.
CREATE INDEX inbound_by_thread ON inbound_mail (thread_id, received) WHERE message_id = '';
DROP INDEX inbound_by_state;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

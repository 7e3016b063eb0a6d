-- Answers that are asked for, summaries for who takes over, and duty teams. Both engines read this file. Days are BIGINT days since 1 January of the
-- year 1, as package workdays counts them (0 = none).

-- +goose Up
-- slug names an authority of the directory ('' = it is none, or not known to be); several domains are parted by spaces.
ALTER TABLE agencies ADD COLUMN slug TEXT NOT NULL DEFAULT '';
ALTER TABLE agencies ADD COLUMN name_cy TEXT NOT NULL DEFAULT '';
ALTER TABLE agencies ADD COLUMN duty_email TEXT NOT NULL DEFAULT '';
ALTER TABLE agencies ADD COLUMN duty_phone TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX agencies_by_slug ON agencies (slug) WHERE slug <> '';

-- The message that told the successor what she takes over; '' = none.
ALTER TABLE handovers ADD COLUMN summary_id TEXT NOT NULL DEFAULT '';

-- Whom a message goes to, where that is not everybody in the conversation.
CREATE TABLE message_audience (
  message_id TEXT NOT NULL REFERENCES messages (id),
  contact_id TEXT NOT NULL REFERENCES contacts (id),
  PRIMARY KEY (message_id, contact_id)
);

-- One answer that is waited for. ref names what asked for it, so that asking twice is asking once.
CREATE TABLE asks (
  id         TEXT PRIMARY KEY,
  case_id    TEXT NOT NULL REFERENCES cases (id),
  thread_id  TEXT NOT NULL REFERENCES threads (id),
  agency_id  TEXT NOT NULL REFERENCES agencies (id),
  message_id TEXT NOT NULL DEFAULT '',
  origin     TEXT NOT NULL,
  ref        TEXT NOT NULL,
  asked      BIGINT NOT NULL,
  asked_by   TEXT NOT NULL,
  due_day    BIGINT NOT NULL,
  answered   BIGINT NOT NULL DEFAULT 0,
  answered_by TEXT NOT NULL DEFAULT '',
  answer_id  TEXT NOT NULL DEFAULT '',
  stopped    BIGINT NOT NULL DEFAULT 0,
  stopped_by TEXT NOT NULL DEFAULT '',
  UNIQUE (thread_id, ref)
);
CREATE INDEX asks_open ON asks (case_id) WHERE answered = 0 AND stopped = 0;
CREATE INDEX asks_by_thread ON asks (thread_id);

-- A step of the ladder: a draft that a person sends or dismisses. state is ready | sent | dismissed | passed (a later step took its place).
CREATE TABLE ask_steps (
  id            TEXT PRIMARY KEY,
  ask_id        TEXT NOT NULL REFERENCES asks (id),
  due_day       BIGINT NOT NULL,
  after_days    INTEGER NOT NULL,
  rung          TEXT NOT NULL,
  state         TEXT NOT NULL,
  made          BIGINT NOT NULL,
  decided       BIGINT NOT NULL DEFAULT 0,
  decided_by    TEXT NOT NULL DEFAULT '',
  thread_id     TEXT NOT NULL DEFAULT '',
  message_id    TEXT NOT NULL DEFAULT '',
  reason_sealed BYTEA NOT NULL,
  UNIQUE (ask_id, due_day, after_days)
);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- Reading together: bookings, one-time codes, the words that give hard news away, conversations that begin with it; support plans, and the alerts
-- that she may need support. Both engines read this file.

-- +goose Up
-- quiet: she is not shown the conversation until its first message has been read with her.
ALTER TABLE threads ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;

-- booked_at is the establishment that it was booked for: once she is somewhere else, the booking counts for nothing.
ALTER TABLE reading_together ADD COLUMN booked_at TEXT NOT NULL DEFAULT '';
ALTER TABLE reading_together ADD COLUMN booked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE reading_together ADD COLUMN why_unmarked_sealed BYTEA;
ALTER TABLE reading_together ADD COLUMN recorded BIGINT NOT NULL DEFAULT 0;

-- The code that a worker types beside her, once: for one message, one mother, one worker.
CREATE TABLE reading_codes (
  message_id TEXT NOT NULL REFERENCES messages (id),
  staff_id   TEXT NOT NULL,
  mother_id  TEXT NOT NULL,
  digest     TEXT NOT NULL,
  made       BIGINT NOT NULL,
  expires    BIGINT NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,
  used       BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (message_id, staff_id)
);
CREATE INDEX reading_codes_by_mother ON reading_codes (mother_id);

-- The words of each language that give hard news away; without a row, the built-in ones.
CREATE TABLE hint_words (
  lang   TEXT PRIMARY KEY,
  words  TEXT NOT NULL,
  set_at BIGINT NOT NULL,
  set_by TEXT NOT NULL
);

-- A woman may need support. opening is the message that was read with her: no page shows it.
CREATE TABLE support_alerts (
  id            TEXT PRIMARY KEY,
  case_id       TEXT NOT NULL REFERENCES cases (id),
  mother_id     TEXT NOT NULL REFERENCES mothers (id),
  establishment TEXT NOT NULL,
  wing          TEXT NOT NULL,
  opening       TEXT NOT NULL,
  urgent        INTEGER NOT NULL DEFAULT 0,
  raised        BIGINT NOT NULL,
  again         BIGINT NOT NULL DEFAULT 0,
  acknowledged  BIGINT NOT NULL DEFAULT 0,
  acknowledged_by TEXT NOT NULL DEFAULT '',
  UNIQUE (opening, urgent)
);
CREATE INDEX support_alerts_of_place ON support_alerts (establishment, raised);
CREATE INDEX support_alerts_of_case ON support_alerts (case_id);

-- Who is told besides the officers of her wing; wing '' = of every wing.
CREATE TABLE alert_people (
  establishment TEXT NOT NULL,
  wing          TEXT NOT NULL,
  staff_id      TEXT NOT NULL,
  by_mail       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (establishment, wing, staff_id)
);

CREATE TABLE alert_settings (
  establishment TEXT PRIMARY KEY,
  duty_email    TEXT NOT NULL DEFAULT ''
);

CREATE TABLE support_plans (
  id        TEXT PRIMARY KEY,
  mother_id TEXT NOT NULL REFERENCES mothers (id),
  opened    BIGINT NOT NULL,
  opened_by TEXT NOT NULL,
  closed    BIGINT NOT NULL DEFAULT 0,
  closed_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX support_plans_open ON support_plans (mother_id) WHERE closed = 0;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

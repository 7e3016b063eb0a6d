-- Where women are: what the prisons have reported, and what follows from it. Both engines read this file.

-- +goose Up
-- One report. mother_id is '' while nobody here has its number, or while a person must look at it (effect "unclear"). effect is what it meant when it
-- was taken ("later" = it lies ahead and is taken then); the places are kept as they were named.
CREATE TABLE custody_events (
  id            TEXT PRIMARY KEY,
  mother_id     TEXT NOT NULL DEFAULT '',
  kind          TEXT NOT NULL,
  number        TEXT NOT NULL,
  former        TEXT NOT NULL DEFAULT '',
  at_code       TEXT NOT NULL DEFAULT '',
  at_name       TEXT NOT NULL DEFAULT '',
  from_code     TEXT NOT NULL DEFAULT '',
  from_name     TEXT NOT NULL DEFAULT '',
  occurred      BIGINT NOT NULL,
  recorded      BIGINT NOT NULL,
  source        TEXT NOT NULL,
  reason_sealed BYTEA NOT NULL,
  effect        TEXT NOT NULL,
  why           TEXT NOT NULL,
  by_kind       TEXT NOT NULL,
  by_id         TEXT NOT NULL
);
CREATE INDEX custody_events_by_mother ON custody_events (mother_id, occurred);
CREATE INDEX custody_events_by_number ON custody_events (number) WHERE mother_id = '';

-- What is decided about one woman after another: whoever records an event or enters a woman locks this row first.
CREATE TABLE custody_gate (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  n   BIGINT NOT NULL
);
INSERT INTO custody_gate (one, n) VALUES (1, 0);

-- Numbers that a woman had before her present one.
CREATE TABLE prisoner_numbers (
  number    TEXT PRIMARY KEY,
  mother_id TEXT NOT NULL REFERENCES mothers (id)
);

-- The establishment's code in the prisons' own records ("EWI").
ALTER TABLE agencies ADD COLUMN code TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX agencies_by_code ON agencies (code) WHERE code <> '';
-- The wing where women are whom nobody has given a wing yet.
ALTER TABLE wings ADD COLUMN reception INTEGER NOT NULL DEFAULT 0;
-- entered_at: the establishment she was entered at; merged_into: the record that goes on, of a woman who had two.
ALTER TABLE mothers ADD COLUMN entered_at TEXT NOT NULL DEFAULT '';
ALTER TABLE mothers ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
UPDATE mothers SET entered_at = establishment_id;

-- A meeting that could not take place as planned, until a new time is offered or is not needed.
CREATE TABLE meeting_reoffers (
  meeting_id TEXT PRIMARY KEY REFERENCES meetings (id),
  case_id    TEXT NOT NULL REFERENCES cases (id),
  freed      BIGINT NOT NULL,
  why        TEXT NOT NULL,
  done       BIGINT NOT NULL DEFAULT 0,
  done_by    TEXT NOT NULL DEFAULT '',
  outcome    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX meeting_reoffers_open ON meeting_reoffers (case_id) WHERE done = 0;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

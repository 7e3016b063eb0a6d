-- Safeguarding: restrictions, who reviews, reading together, custody, and the end of parental responsibility. Both engines read this file. Days
-- are BIGINT days since 1 January of the year 1, as package workdays counts them (0 = none).

-- +goose Up
-- responsibility_ends: the day from which she no longer has parental responsibility, and why ("adopted", "order"); the day the child is 18 is
-- reckoned from its birth.
ALTER TABLE children ADD COLUMN responsibility_ends BIGINT NOT NULL DEFAULT 0;
ALTER TABLE children ADD COLUMN ended_why TEXT NOT NULL DEFAULT '';

CREATE TABLE restrictions (
  id          TEXT PRIMARY KEY,
  case_id     TEXT NOT NULL REFERENCES cases (id),
  kind        TEXT NOT NULL,
  source      TEXT NOT NULL,
  from_day    BIGINT NOT NULL,
  to_day      BIGINT NOT NULL DEFAULT 0,
  review_day  BIGINT NOT NULL DEFAULT 0,
  told        INTEGER NOT NULL DEFAULT 1,
  note_sealed BYTEA NOT NULL,
  added       BIGINT NOT NULL,
  added_by    TEXT NOT NULL,
  ended       BIGINT NOT NULL DEFAULT 0,
  ended_by    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX restrictions_by_case ON restrictions (case_id);
CREATE INDEX restrictions_to_review ON restrictions (review_day) WHERE ended = 0 AND review_day > 0;

CREATE TABLE restriction_subjects (
  restriction_id TEXT NOT NULL REFERENCES restrictions (id),
  kind           TEXT NOT NULL,
  subject_id     TEXT NOT NULL,
  PRIMARY KEY (restriction_id, kind, subject_id)
);

-- Who reviews a direction: of one thread, else of its case, else of the establishment, else of the estate (scope_id '').
CREATE TABLE review_settings (
  scope_kind TEXT NOT NULL,
  scope_id   TEXT NOT NULL,
  direction  TEXT NOT NULL,
  nobody     INTEGER NOT NULL DEFAULT 0,
  first_role TEXT NOT NULL DEFAULT '',
  second_role TEXT NOT NULL DEFAULT '',
  set_at     BIGINT NOT NULL,
  set_by     TEXT NOT NULL,
  PRIMARY KEY (scope_kind, scope_id, direction)
);

-- stage counts the reviewers who have released it; appeal_of is the hold whose decision is appealed against.
ALTER TABLE holds ADD COLUMN stage INTEGER NOT NULL DEFAULT 0;
ALTER TABLE holds ADD COLUMN appeal_of TEXT NOT NULL DEFAULT '';

-- What a reviewer said of a file: "kept" back, "cleared" (it shows no child who must not be shown).
ALTER TABLE attachments ADD COLUMN ruling TEXT NOT NULL DEFAULT '';

-- A message that is to be read together with somebody. marked_by is who or what said so; hint is the word that did.
CREATE TABLE reading_together (
  message_id  TEXT PRIMARY KEY REFERENCES messages (id),
  thread_id   TEXT NOT NULL REFERENCES threads (id),
  case_id     TEXT NOT NULL,
  marked      BIGINT NOT NULL,
  marked_by   TEXT NOT NULL,
  hint        TEXT NOT NULL DEFAULT '',
  unmarked    BIGINT NOT NULL DEFAULT 0,
  unmarked_by TEXT NOT NULL DEFAULT '',
  supporter   TEXT NOT NULL DEFAULT '',
  booked_for  BIGINT NOT NULL DEFAULT 0,
  place       TEXT NOT NULL DEFAULT '',
  opened      BIGINT NOT NULL DEFAULT 0,
  opened_by   TEXT NOT NULL DEFAULT '',
  went        TEXT NOT NULL DEFAULT '',
  note_sealed BYTEA NOT NULL
);
CREATE INDEX reading_together_by_thread ON reading_together (thread_id);
CREATE INDEX reading_together_open ON reading_together (case_id) WHERE opened = 0 AND unmarked = 0;

-- Why a delivery is kept (state 'kept'): "together", "custody", "restricted".
ALTER TABLE deliveries ADD COLUMN kept TEXT NOT NULL DEFAULT '';

-- Where she is in custody terms: in | away | released.
ALTER TABLE mothers ADD COLUMN custody TEXT NOT NULL DEFAULT 'in';
ALTER TABLE mothers ADD COLUMN custody_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN follow_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cases ADD COLUMN follow_on_sealed BYTEA;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- Review: the words that reviewers want to be shown, and how long a hold may wait before it is late. Both engines read this file.

-- +goose Up
-- A flag (package flags): for the estate, an establishment, or a person in one case, under whose key it is then sealed. The blob is the rule in JSON.
CREATE TABLE flag_rules (
  id          TEXT PRIMARY KEY,
  level       TEXT NOT NULL,
  for_id      TEXT NOT NULL DEFAULT '',
  case_id     TEXT NOT NULL DEFAULT '',
  rule_sealed BYTEA NOT NULL,
  added       BIGINT NOT NULL,
  added_by    TEXT NOT NULL,
  ended       BIGINT NOT NULL DEFAULT 0,
  ended_by    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX flag_rules_by_level ON flag_rules (level, for_id, case_id) WHERE ended = 0;

-- In how many working days a hold is to be decided: of an establishment, else of the estate (establishment_id ''), else one.
CREATE TABLE review_aims (
  establishment_id TEXT PRIMARY KEY,
  days             INTEGER NOT NULL,
  set_at           BIGINT NOT NULL,
  set_by           TEXT NOT NULL
);

CREATE INDEX holds_claimed ON holds (claimed_by) WHERE decided = 0 AND claimed_by <> '';
-- A decision is appealed against once, however often the button is pressed.
CREATE UNIQUE INDEX holds_appeal ON holds (appeal_of) WHERE appeal_of <> '';

-- +goose Down
SELECT 'going back is not supported: restore a backup';

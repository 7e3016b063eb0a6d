-- What reports count: how a child is related to her, which children live together, and what contact is worked for. Both engines read this file. Days are as in 00010.

-- +goose Up
-- relation: a child of her own, or another who is in her case. home is the same for children of a case who live together, and says nothing else: it is made of chance and names no place;
-- '' = it is not known where the child lives.
ALTER TABLE children ADD COLUMN relation TEXT NOT NULL DEFAULT 'own';
ALTER TABLE children ADD COLUMN home TEXT NOT NULL DEFAULT '';

-- What contact between her and a child is worked for. outcome is '' | reached | given_up, and ended_day the day it was so.
CREATE TABLE contact_goals (
  id        TEXT PRIMARY KEY,
  case_id   TEXT NOT NULL REFERENCES cases (id),
  child_id  TEXT NOT NULL REFERENCES children (id),
  kind      TEXT NOT NULL,
  set_at    BIGINT NOT NULL,
  set_by    TEXT NOT NULL,
  outcome   TEXT NOT NULL DEFAULT '',
  ended_day BIGINT NOT NULL DEFAULT 0,
  ended     BIGINT NOT NULL DEFAULT 0,
  ended_by  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX contact_goals_by_child ON contact_goals (child_id);
-- One goal of a kind at a time: who sets it twice has set it once.
CREATE UNIQUE INDEX contact_goals_open ON contact_goals (child_id, kind) WHERE outcome = '';

-- +goose Down
SELECT 'going back is not supported: restore a backup';

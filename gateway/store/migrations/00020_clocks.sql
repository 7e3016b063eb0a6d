-- What the clocks of a child run by, which children a meeting is about, and meetings that were held outside Kinbridge. Both engines read this file. Days are as in 00010.

-- +goose Up
-- The days a child became looked after and ceased to be, of the strategy discussion, and of the child protection plan's beginning and end; 0 = not known or not so.
ALTER TABLE children ADD COLUMN looked_after BIGINT NOT NULL DEFAULT 0;
ALTER TABLE children ADD COLUMN looked_after_ends BIGINT NOT NULL DEFAULT 0;
ALTER TABLE children ADD COLUMN strategy BIGINT NOT NULL DEFAULT 0;
ALTER TABLE children ADD COLUMN plan BIGINT NOT NULL DEFAULT 0;
ALTER TABLE children ADD COLUMN plan_ends BIGINT NOT NULL DEFAULT 0;

-- The children whom a meeting is about; meeting_children are those who are to be there.
CREATE TABLE meeting_about (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  child_id   TEXT NOT NULL REFERENCES children (id),
  PRIMARY KEY (meeting_id, child_id)
);
CREATE INDEX meeting_about_by_child ON meeting_about (child_id);

-- A meeting that was held elsewhere. part is the part that she had; why says why she had none, or less than a picture of the room.
CREATE TABLE meetings_elsewhere (
  id           TEXT PRIMARY KEY,
  case_id      TEXT NOT NULL REFERENCES cases (id),
  kind         TEXT NOT NULL,
  day          BIGINT NOT NULL,
  part         TEXT NOT NULL,
  why          TEXT NOT NULL DEFAULT '',
  note_sealed  BYTEA NOT NULL,
  recorded     BIGINT NOT NULL,
  recorded_by  TEXT NOT NULL,
  withdrawn    BIGINT NOT NULL DEFAULT 0,
  withdrawn_by TEXT NOT NULL DEFAULT '',
  idem_key     TEXT NOT NULL,
  UNIQUE (case_id, idem_key)
);

CREATE TABLE meeting_elsewhere_about (
  meeting_id TEXT NOT NULL REFERENCES meetings_elsewhere (id),
  child_id   TEXT NOT NULL REFERENCES children (id),
  PRIMARY KEY (meeting_id, child_id)
);
CREATE INDEX meeting_elsewhere_about_by_child ON meeting_elsewhere_about (child_id);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- The prison's list of movements: who is unlocked when, whether an officer has read it, and what changed. Both engines read this file. A movement is of one meeting or of one message
-- that is read together, and its own identifier tells of neither.

-- +goose Up
CREATE TABLE movements (
  id    TEXT PRIMARY KEY,
  kind  TEXT NOT NULL,
  of_id TEXT NOT NULL,
  UNIQUE (kind, of_id)
);

-- What an officer pressed. due is the beginning that the movement had then. seq counts from 1, so that of two who press at once one makes the mark.
CREATE TABLE movement_marks (
  movement_id TEXT NOT NULL REFERENCES movements (id),
  seq         BIGINT NOT NULL,
  due         BIGINT NOT NULL,
  state       TEXT NOT NULL,
  why         TEXT NOT NULL DEFAULT '',
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (movement_id, seq)
);

-- That an officer has read it: print is the fingerprint of what she read.
CREATE TABLE movement_acks (
  movement_id TEXT NOT NULL REFERENCES movements (id),
  seq         BIGINT NOT NULL,
  print       TEXT NOT NULL,
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (movement_id, seq)
);

-- How it changed. was_starts 0 = it is new, starts 0 = it was called off; late = it was announced to the wing.
CREATE TABLE movement_changes (
  movement_id TEXT NOT NULL REFERENCES movements (id),
  seq         BIGINT NOT NULL,
  what        TEXT NOT NULL,
  was_starts  BIGINT NOT NULL,
  was_ends    BIGINT NOT NULL,
  starts      BIGINT NOT NULL,
  ends        BIGINT NOT NULL,
  late        INTEGER NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (movement_id, seq)
);
CREATE INDEX movement_changes_late ON movement_changes (was_starts) WHERE late = 1;

-- What the worker is told: that nobody had acknowledged it in time ('unseen'), or that she did not come ('missed').
CREATE TABLE movement_alarms (
  movement_id TEXT NOT NULL REFERENCES movements (id),
  due         BIGINT NOT NULL,
  kind        TEXT NOT NULL,
  raised      BIGINT NOT NULL,
  seen        BIGINT NOT NULL DEFAULT 0,
  seen_by     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (movement_id, due, kind)
);
CREATE INDEX movement_alarms_open ON movement_alarms (raised) WHERE seen = 0;
CREATE INDEX reading_together_booked ON reading_together (booked_at, booked_for) WHERE booked_for > 0;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

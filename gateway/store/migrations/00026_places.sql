-- When the women of a wing are unlocked, the places where they take part in meetings, and who has them when. Both engines read this file. Days are as in 00010; times of
-- unlock are text as package slots writes it ("08:15-11:45, 13:45-16:30"; '' = locked up all day).

-- +goose Up
CREATE TABLE regime_weeks (
  wing_id TEXT NOT NULL REFERENCES wings (id),
  weekday INTEGER NOT NULL, -- 0 = Sunday
  windows TEXT NOT NULL,
  PRIMARY KEY (wing_id, weekday)
);

-- A day that is not like the others of its weekday.
CREATE TABLE regime_days (
  wing_id TEXT NOT NULL REFERENCES wings (id),
  day     BIGINT NOT NULL,
  windows TEXT NOT NULL,
  why     TEXT NOT NULL,
  PRIMARY KEY (wing_id, day)
);

CREATE TABLE places (
  id               TEXT PRIMARY KEY,
  establishment_id TEXT NOT NULL REFERENCES agencies (id),
  name             TEXT NOT NULL,
  kind             TEXT NOT NULL,
  walk_minutes     INTEGER NOT NULL DEFAULT 0,
  private          INTEGER NOT NULL DEFAULT 0,
  legal            INTEGER NOT NULL DEFAULT 0,
  beside           INTEGER NOT NULL DEFAULT 0,
  withdrawn        BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX places_named ON places (establishment_id, name) WHERE withdrawn = 0;

-- The wings whose women may use a place; none = all.
CREATE TABLE place_wings (
  place_id TEXT NOT NULL REFERENCES places (id),
  wing_id  TEXT NOT NULL REFERENCES wings (id),
  PRIMARY KEY (place_id, wing_id)
);

-- The place that a meeting has. picked_up and back are when the woman leaves her wing and is there again; there_from and there_to when the place is hers.
CREATE TABLE bookings (
  meeting_id TEXT PRIMARY KEY REFERENCES meetings (id),
  place_id   TEXT NOT NULL REFERENCES places (id),
  mother_id  TEXT NOT NULL REFERENCES mothers (id),
  pick_up    BIGINT NOT NULL,
  there_from BIGINT NOT NULL,
  there_to   BIGINT NOT NULL,
  back       BIGINT NOT NULL,
  special    INTEGER NOT NULL DEFAULT 0,
  by_id      TEXT NOT NULL,
  at         BIGINT NOT NULL
);
CREATE INDEX bookings_by_time ON bookings (there_to);
CREATE INDEX bookings_by_mother ON bookings (mother_id, back);

-- Five minutes (since 1970, UTC) of a place ("place:…") or of a woman ("mother:…"): the primary key is what makes a second booking impossible, whoever writes it.
CREATE TABLE booked_cells (
  resource   TEXT NOT NULL,
  cell       BIGINT NOT NULL,
  meeting_id TEXT NOT NULL REFERENCES bookings (meeting_id),
  PRIMARY KEY (resource, cell)
);
CREATE INDEX booked_cells_of ON booked_cells (meeting_id);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

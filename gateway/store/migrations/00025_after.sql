-- How a mother took part in a meeting, and what came after it. Both engines read this file. Days are as in 00010; note and text columns are sealed under the case's key.

-- +goose Up
-- A step down the ladder, or up again. seq counts from 1, so that of two people who press at once one makes the change.
CREATE TABLE meeting_steps (
  meeting_id  TEXT NOT NULL REFERENCES meetings (id),
  seq         BIGINT NOT NULL,
  from_part   TEXT NOT NULL,
  to_part     TEXT NOT NULL,
  why         TEXT NOT NULL,
  note_sealed BYTEA NOT NULL,
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (meeting_id, seq)
);

-- The part that she had, once the meeting was over. proven: the room's own events say so; else a person does.
CREATE TABLE meeting_parts (
  meeting_id  TEXT PRIMARY KEY REFERENCES meetings (id),
  part        TEXT NOT NULL,
  why         TEXT NOT NULL DEFAULT '',
  proven      INTEGER NOT NULL DEFAULT 0,
  note_sealed BYTEA NOT NULL,
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL
);

-- Who was there by somebody's word: what no event of the room proves.
CREATE TABLE meeting_there (
  meeting_id     TEXT NOT NULL REFERENCES meetings (id),
  participant_id TEXT NOT NULL REFERENCES participants (id),
  leg            TEXT NOT NULL,
  by_id          TEXT NOT NULL,
  at             BIGINT NOT NULL,
  PRIMARY KEY (meeting_id, participant_id)
);

-- What is recorded of her views; the last row counts. disputed: she said that it is not what she said.
CREATE TABLE meeting_views (
  meeting_id  TEXT NOT NULL REFERENCES meetings (id),
  seq         BIGINT NOT NULL,
  source      TEXT NOT NULL,
  text_sealed BYTEA NOT NULL,
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  disputed    BIGINT NOT NULL DEFAULT 0,
  settled     BIGINT NOT NULL DEFAULT 0,
  settled_by  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (meeting_id, seq)
);

-- A message that brought a meeting's minutes. One message is of one meeting.
CREATE TABLE meeting_minutes (
  message_id TEXT PRIMARY KEY REFERENCES messages (id),
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  by_id      TEXT NOT NULL,
  at         BIGINT NOT NULL
);
CREATE INDEX meeting_minutes_of ON meeting_minutes (meeting_id);

-- What was to be done after a meeting, by whom (owner_kind 'contact', 'staff' or 'mother') and by when.
CREATE TABLE meeting_actions (
  id          TEXT PRIMARY KEY,
  meeting_id  TEXT NOT NULL REFERENCES meetings (id),
  case_id     TEXT NOT NULL REFERENCES cases (id),
  what_sealed BYTEA NOT NULL,
  owner_kind  TEXT NOT NULL,
  owner_id    TEXT NOT NULL,
  due         BIGINT NOT NULL,
  ask_id      TEXT NOT NULL DEFAULT '',
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  done        BIGINT NOT NULL DEFAULT 0,
  done_by     TEXT NOT NULL DEFAULT '',
  idem_key    TEXT NOT NULL,
  UNIQUE (meeting_id, idem_key)
);
CREATE INDEX meeting_actions_open ON meeting_actions (case_id) WHERE done = 0;

-- How she was when it was talked over with her supporter.
CREATE TABLE debrief_notes (
  meeting_id  TEXT NOT NULL REFERENCES meetings (id),
  seq         BIGINT NOT NULL,
  how         TEXT NOT NULL,
  note_sealed BYTEA NOT NULL,
  by_id       TEXT NOT NULL,
  at          BIGINT NOT NULL,
  PRIMARY KEY (meeting_id, seq)
);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

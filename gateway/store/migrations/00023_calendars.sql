-- What goes to and comes from other people's calendars: the version of a meeting's times, what guests answer, how often it was moved, and the calendars of those who work here.
-- Both engines read this file. Moments are in microseconds since 1970, 0 = none.

-- +goose Up
-- The version of its times, as calendars count them (SEQUENCE); revision counts other things besides.
ALTER TABLE meetings ADD COLUMN sequence BIGINT NOT NULL DEFAULT 0;

-- answer_token names the guest's place in the address that takes her calendar's answers; '' = she was invited before there was one. What she says besides is sealed for the case.
ALTER TABLE participants ADD COLUMN answer_token TEXT NOT NULL DEFAULT '';
ALTER TABLE participants ADD COLUMN answer TEXT NOT NULL DEFAULT '';
ALTER TABLE participants ADD COLUMN answer_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN answer_sequence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN answer_stamp BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN answer_starts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN answer_ends BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participants ADD COLUMN answer_sealed BYTEA;
CREATE UNIQUE INDEX participants_by_answer_token ON participants (answer_token) WHERE answer_token <> '';

-- A meeting got other times: which it had, and why.
CREATE TABLE meeting_moves (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  sequence   BIGINT NOT NULL,
  starts     BIGINT NOT NULL,
  ends       BIGINT NOT NULL,
  moved      BIGINT NOT NULL,
  moved_by   TEXT NOT NULL,
  why_sealed BYTEA NOT NULL,
  PRIMARY KEY (meeting_id, sequence)
);

-- The feed of a member of staff's meetings: of its address only a hash is kept.
CREATE TABLE calendar_feeds (
  staff_id TEXT PRIMARY KEY REFERENCES staff (id),
  hash     TEXT NOT NULL UNIQUE,
  made     BIGINT NOT NULL
);

-- The calendar that a member of staff publishes elsewhere. trouble is a code, '' = it was read when last tried.
CREATE TABLE calendar_sources (
  staff_id   TEXT PRIMARY KEY REFERENCES staff (id),
  url_sealed BYTEA NOT NULL,
  added      BIGINT NOT NULL,
  tried      BIGINT NOT NULL DEFAULT 0,
  fetched    BIGINT NOT NULL DEFAULT 0,
  trouble    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX calendar_sources_by_tried ON calendar_sources (tried);

-- When she is busy by that calendar: nothing else of it is kept.
CREATE TABLE staff_busy (
  staff_id TEXT NOT NULL REFERENCES staff (id),
  starts   BIGINT NOT NULL,
  ends     BIGINT NOT NULL,
  PRIMARY KEY (staff_id, starts)
);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

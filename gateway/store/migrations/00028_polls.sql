-- Asking people outside when a meeting can be held. Both engines read this file. Moments are in microseconds since 1970, 0 = none.

-- +goose Up
-- across: who asks has confirmed that several authorities take part. chosen is the number of the slot that a meeting was made of, 0 = none of them.
CREATE TABLE polls (
  id         TEXT PRIMARY KEY,
  case_id    TEXT NOT NULL REFERENCES cases (id),
  kind       TEXT NOT NULL,
  minutes    BIGINT NOT NULL,
  across     BIGINT NOT NULL,
  state      TEXT NOT NULL,
  created    BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  closes     BIGINT NOT NULL,
  chosen     BIGINT NOT NULL DEFAULT 0,
  meeting_id TEXT NOT NULL DEFAULT '',
  idem_key   TEXT NOT NULL,
  UNIQUE (case_id, idem_key)
);

-- Whom the meeting is to be about.
CREATE TABLE poll_about (
  poll_id  TEXT NOT NULL REFERENCES polls (id),
  child_id TEXT NOT NULL REFERENCES children (id),
  PRIMARY KEY (poll_id, child_id)
);

CREATE TABLE poll_slots (
  poll_id TEXT NOT NULL REFERENCES polls (id),
  n       BIGINT NOT NULL,
  starts  BIGINT NOT NULL,
  PRIMARY KEY (poll_id, n)
);

-- Who is asked. link_hash is the hash of her link's secret part. name and email are as they were when she was asked.
CREATE TABLE poll_invitees (
  id             TEXT PRIMARY KEY,
  poll_id        TEXT NOT NULL REFERENCES polls (id),
  contact_id     TEXT NOT NULL REFERENCES contacts (id),
  name           TEXT NOT NULL,
  email          TEXT NOT NULL,
  required       BIGINT NOT NULL,
  link_hash      TEXT NOT NULL UNIQUE,
  mail_state     TEXT NOT NULL DEFAULT '',
  reminded       BIGINT NOT NULL DEFAULT 0,
  answered       BIGINT NOT NULL DEFAULT 0,
  comment_sealed BYTEA NOT NULL,
  UNIQUE (poll_id, contact_id)
);

-- What she says of each time: the last counts. That she has changed it is in the audit log.
CREATE TABLE poll_votes (
  invitee_id TEXT NOT NULL REFERENCES poll_invitees (id),
  n          BIGINT NOT NULL,
  vote       TEXT NOT NULL,
  given      BIGINT NOT NULL,
  PRIMARY KEY (invitee_id, n)
);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

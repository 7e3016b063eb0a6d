-- Invitations from other people's calendars. Both engines read this file. Moments are in microseconds since 1970, 0 = none.

-- +goose Up
-- One row for each meeting of somebody else's that a case was invited to. uid_digest names it (UID, RFC 5545 section 3.8.4.7) without saying what it is. facts_sealed is what the newest version says,
-- with the credentials of the way in.
-- trouble is the code with which the organiser's mail server refused our last answer for good, '' = it did not.
CREATE TABLE invitations (
  id           TEXT PRIMARY KEY,
  case_id      TEXT NOT NULL REFERENCES cases (id),
  thread_id    TEXT NOT NULL REFERENCES threads (id),
  contact_id   TEXT NOT NULL DEFAULT '',
  uid_digest   TEXT NOT NULL,
  inbound_id   TEXT NOT NULL,
  hold_id      TEXT NOT NULL DEFAULT '',
  state        TEXT NOT NULL,
  received     BIGINT NOT NULL,
  decided      BIGINT NOT NULL DEFAULT 0,
  decided_by   TEXT NOT NULL DEFAULT '',
  trouble      TEXT NOT NULL DEFAULT '',
  facts_sealed BYTEA NOT NULL,
  UNIQUE (case_id, uid_digest)
);
CREATE INDEX invitations_by_hold ON invitations (hold_id);

-- The meetings that were made of an invitation; occurrence says of which of a series' times (RECURRENCE-ID), 0 = it does not repeat.
CREATE TABLE invitation_meetings (
  invitation_id TEXT NOT NULL REFERENCES invitations (id),
  occurrence    BIGINT NOT NULL,
  meeting_id    TEXT NOT NULL REFERENCES meetings (id),
  PRIMARY KEY (invitation_id, occurrence)
);
CREATE INDEX invitation_meetings_by_meeting ON invitation_meetings (meeting_id);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

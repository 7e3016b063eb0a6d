-- What restrictions bear on in meetings, and what a change of them leaves to a person. Both engines read this file.

-- +goose Up
-- The children who are to be there. removed: a restriction, or somebody, took the child off the list.
CREATE TABLE meeting_children (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  child_id   TEXT NOT NULL REFERENCES children (id),
  removed    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (meeting_id, child_id)
);

-- What a change of restrictions did to a booked meeting: whose invitation was withdrawn (kind 'contact' or 'child'), until somebody who plans the case's
-- meetings has seen to it.
CREATE TABLE restriction_work (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  kind       TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  case_id    TEXT NOT NULL REFERENCES cases (id),
  happened   BIGINT NOT NULL,
  done       BIGINT NOT NULL DEFAULT 0,
  done_by    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (meeting_id, kind, subject_id)
);
CREATE INDEX restriction_work_open ON restriction_work (case_id) WHERE done = 0;

-- What a restriction keeps waits for a person.
CREATE INDEX deliveries_restricted ON deliveries (case_id) WHERE kept = 'restricted';

-- +goose Down
SELECT 'going back is not supported: restore a backup';

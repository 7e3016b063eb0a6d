-- What comes before a meeting: what she wants it to hear, how she wants to take part, its papers, and who was told when. Both engines read this file.

-- +goose Up
-- Who runs a meeting, where somebody has said so.
CREATE TABLE meeting_chairs (
  meeting_id TEXT PRIMARY KEY REFERENCES meetings (id),
  contact_id TEXT NOT NULL REFERENCES contacts (id),
  chosen     BIGINT NOT NULL,
  chosen_by  TEXT NOT NULL
);

-- The conversations that were begun for a meeting: with whoever runs it, and (contact_id '') the one in which its papers are.
CREATE TABLE meeting_threads (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  contact_id TEXT NOT NULL,
  thread_id  TEXT NOT NULL REFERENCES threads (id),
  PRIMARY KEY (meeting_id, contact_id)
);

-- Answers that are not sent yet: writer '' = hers, at the kiosk; else those that a member of staff writes down with her.
CREATE TABLE contribution_answers (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  writer     TEXT NOT NULL,
  question   TEXT NOT NULL,
  answer_sealed BYTEA NOT NULL,
  changed    BIGINT NOT NULL,
  PRIMARY KEY (meeting_id, writer, question)
);

-- What was sent, every version: the last counts. message_id '' = nobody is known yet who runs the meeting.
CREATE TABLE contributions (
  id          TEXT PRIMARY KEY,
  meeting_id  TEXT NOT NULL REFERENCES meetings (id),
  version     BIGINT NOT NULL,
  writer      TEXT NOT NULL,
  body_sealed BYTEA NOT NULL,
  contact_id  TEXT NOT NULL DEFAULT '',
  thread_id   TEXT NOT NULL DEFAULT '',
  message_id  TEXT NOT NULL DEFAULT '',
  read_back   BIGINT NOT NULL DEFAULT 0,
  given       BIGINT NOT NULL,
  late        BIGINT NOT NULL DEFAULT 0,
  idem_key    TEXT NOT NULL,
  UNIQUE (meeting_id, idem_key),
  UNIQUE (meeting_id, version)
);
CREATE INDEX contributions_by_message ON contributions (message_id);

-- How she wants to take part and who is to sit with her, every choice: the last counts.
CREATE TABLE meeting_choices (
  meeting_id  TEXT NOT NULL REFERENCES meetings (id),
  seq         BIGINT NOT NULL,
  how         TEXT NOT NULL,
  beside      TEXT NOT NULL,
  name_sealed BYTEA NOT NULL,
  chosen      BIGINT NOT NULL,
  talked      BIGINT NOT NULL DEFAULT 0,
  talked_by   TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (meeting_id, seq)
);

CREATE TABLE meeting_papers (
  id             TEXT PRIMARY KEY,
  meeting_id     TEXT NOT NULL REFERENCES meetings (id),
  kind           TEXT NOT NULL,
  attachment_id  TEXT NOT NULL REFERENCES attachments (id),
  summary_sealed BYTEA NOT NULL,
  added          BIGINT NOT NULL,
  added_by       TEXT NOT NULL,
  UNIQUE (meeting_id, attachment_id)
);

-- When each page of a paper was first on her screen.
CREATE TABLE meeting_paper_pages (
  paper_id TEXT NOT NULL REFERENCES meeting_papers (id),
  page     BIGINT NOT NULL,
  seen     BIGINT NOT NULL,
  PRIMARY KEY (paper_id, page)
);

-- When a meeting was first at her kiosk, and first on her screen.
CREATE TABLE meeting_receipts (
  meeting_id TEXT NOT NULL REFERENCES meetings (id),
  what       TEXT NOT NULL,
  at         BIGINT NOT NULL,
  PRIMARY KEY (meeting_id, what)
);

-- When a guest's link was first opened: by her, or by what looks into mail for her.
CREATE TABLE guest_link_opens (
  participant_id TEXT PRIMARY KEY REFERENCES participants (id),
  opened         BIGINT NOT NULL
);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- Requests for consent and information, her answers, and what she asked to have printed. Both engines read this file. Days are as in 00010.

-- +goose Up
-- message_id is the message that asks; by_her: she asks. settled_by is the message that answers what she asked.
CREATE TABLE requests (
  id           TEXT PRIMARY KEY,
  case_id      TEXT NOT NULL REFERENCES cases (id),
  thread_id    TEXT NOT NULL REFERENCES threads (id),
  message_id   TEXT NOT NULL REFERENCES messages (id),
  child_id     TEXT NOT NULL DEFAULT '',
  kind         TEXT NOT NULL,
  by_her       INTEGER NOT NULL,
  due_day      BIGINT NOT NULL DEFAULT 0,
  closes       INTEGER NOT NULL DEFAULT 0,
  made         BIGINT NOT NULL,
  made_kind    TEXT NOT NULL,
  made_by      TEXT NOT NULL,
  withdrawn    BIGINT NOT NULL DEFAULT 0,
  settled      BIGINT NOT NULL DEFAULT 0,
  settled_by   TEXT NOT NULL DEFAULT '',
  UNIQUE (message_id, kind, child_id)
);
CREATE INDEX requests_by_case ON requests (case_id, made);

-- Every answer is kept; the last counts. shown_sealed are the words she was shown before she confirmed; entry is the audit entry.
CREATE TABLE request_answers (
  id           TEXT PRIMARY KEY,
  request_id   TEXT NOT NULL REFERENCES requests (id),
  case_id      TEXT NOT NULL,
  says         TEXT NOT NULL,
  message_id   TEXT NOT NULL UNIQUE REFERENCES messages (id),
  at           BIGINT NOT NULL,
  shown_sealed BYTEA NOT NULL,
  entry        TEXT NOT NULL,
  talked       BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX request_answers_by_request ON request_answers (request_id, at);
CREATE INDEX request_answers_by_case ON request_answers (case_id);

-- What she asked to have on paper.
CREATE TABLE print_asks (
  case_id TEXT NOT NULL REFERENCES cases (id),
  asked   BIGINT NOT NULL,
  given   BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (case_id, asked)
);
CREATE UNIQUE INDEX print_asks_open ON print_asks (case_id) WHERE given = 0;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- What every mail costs: each index is one more B-tree to write. These two were looked at by nobody. SQLite takes only "INTEGER PRIMARY KEY" for
-- its own row number; with BIGINT a table has an index beside it that says the same, so the two audit tables that grow are made anew.

-- +goose Up
DROP INDEX messages_by_header;
DROP INDEX audit_by_thread;

DROP INDEX audit_by_case;
CREATE TABLE audit_entries_new (
  seq        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  at         BIGINT NOT NULL,
  kind       TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id   TEXT NOT NULL,
  case_id    TEXT NOT NULL,
  thread_id  TEXT NOT NULL,
  body       BYTEA NOT NULL,
  chain      BYTEA NOT NULL
);
INSERT INTO audit_entries_new (seq, id, at, kind, actor_kind, actor_id, case_id, thread_id, body, chain)
  SELECT seq, id, at, kind, actor_kind, actor_id, case_id, thread_id, body, chain FROM audit_entries ORDER BY seq;
DROP TABLE audit_entries; -- and with it the triggers that refuse changes
ALTER TABLE audit_entries_new RENAME TO audit_entries;
CREATE INDEX audit_by_case ON audit_entries (case_id, seq);
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;
-- +goose StatementEnd

CREATE TABLE audit_hashes_new (
  idx  INTEGER PRIMARY KEY,
  hash BYTEA NOT NULL
);
INSERT INTO audit_hashes_new (idx, hash) SELECT idx, hash FROM audit_hashes ORDER BY idx;
DROP TABLE audit_hashes;
ALTER TABLE audit_hashes_new RENAME TO audit_hashes;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- The audit log is written once: SQLite has no grants, so triggers refuse what the product never does.
-- Whoever owns the file can drop them; the Merkle tree is what shows that.

-- +goose Up
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;
-- +goose StatementEnd

-- +goose Down
SELECT 'going back is not supported: restore a backup';

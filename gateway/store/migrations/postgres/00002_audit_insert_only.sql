-- The audit log is written once. The trigger holds against the owner's slips; where the service signs in with a role of its
-- own, grant it INSERT and SELECT alone (see deploy).

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION audit_entries_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'audit entries are never changed or removed'; END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_entries_insert_only BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_entries_refuse();

-- +goose Down
SELECT 'going back is not supported: restore a backup';

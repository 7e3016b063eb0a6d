-- What every mail costs: each index is one more tree to write. Nobody looked at these two.

-- +goose Up
DROP INDEX messages_by_header;
DROP INDEX audit_by_thread;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

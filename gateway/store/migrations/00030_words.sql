-- What a page of a file says, to be read aloud. Both engines read this file.

-- +goose Up
-- Empty of a picture, and of files that were looked at before.
ALTER TABLE file_pages ADD COLUMN words_sealed BYTEA;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

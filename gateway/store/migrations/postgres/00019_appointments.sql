-- One person, one sign-in, several appointments. A row of staff is an appointment from now on, with the identifier it always had: teams, conversations,
-- claims, drafts, sessions and tokens are an appointment's, so that nothing passes from one to another. Days are BIGINT days since 1 January of the
-- year 1 (0 = none). An authority's contact is one by her address there: one address may be known at two authorities.

-- +goose Up
CREATE TABLE persons (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  totp_sealed   BYTEA NOT NULL,
  totp_last     BIGINT NOT NULL DEFAULT 0,
  failures      INTEGER NOT NULL DEFAULT 0,
  locked_until  BIGINT NOT NULL DEFAULT 0,
  created       BIGINT NOT NULL
);
INSERT INTO persons (id, email, name, password_hash, totp_sealed, totp_last, failures, locked_until, created)
  SELECT 'per_' || substr(id, 5), email, name, password_hash, totp_sealed, totp_last, failures, locked_until, created FROM staff;

ALTER TABLE staff ADD COLUMN person_id TEXT NOT NULL DEFAULT '';
UPDATE staff SET person_id = 'per_' || substr(id, 5);
ALTER TABLE staff ALTER COLUMN person_id DROP DEFAULT;
ALTER TABLE staff ADD FOREIGN KEY (person_id) REFERENCES persons (id);
ALTER TABLE staff ADD COLUMN from_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff ADD COLUMN to_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE staff DROP CONSTRAINT staff_email_key;
ALTER TABLE staff DROP COLUMN password_hash;
ALTER TABLE staff DROP COLUMN totp_sealed;
ALTER TABLE staff DROP COLUMN totp_last;
ALTER TABLE staff DROP COLUMN failures;
ALTER TABLE staff DROP COLUMN locked_until;
CREATE INDEX staff_by_person ON staff (person_id);

ALTER TABLE contacts DROP CONSTRAINT contacts_email_key;
ALTER TABLE contacts ADD UNIQUE (email, agency_id);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

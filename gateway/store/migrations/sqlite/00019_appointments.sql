-- One person, one sign-in, several appointments. A row of staff is an appointment from now on, with the identifier it always had: teams, conversations,
-- claims, drafts, sessions and tokens are an appointment's, so that nothing passes from one to another. Days are BIGINT days since 1 January of the
-- year 1 (0 = none). An authority's contact is one by her address there: one address may be known at two authorities.
-- SQLite cannot take a constraint away, so both tables are made anew under their own names; what refers to them is counted at the commit.

-- +goose Up
PRAGMA defer_foreign_keys = ON;

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

CREATE TABLE staff_kept AS SELECT id, email, name, role, agency_id, wing_id, disabled, created FROM staff;
DROP TABLE staff;
CREATE TABLE staff (
  id        TEXT PRIMARY KEY,
  person_id TEXT NOT NULL REFERENCES persons (id),
  email     TEXT NOT NULL,
  name      TEXT NOT NULL,
  role      TEXT NOT NULL,
  agency_id TEXT NOT NULL REFERENCES agencies (id),
  wing_id   TEXT NOT NULL DEFAULT '',
  from_day  BIGINT NOT NULL DEFAULT 0,
  to_day    BIGINT NOT NULL DEFAULT 0,
  disabled  INTEGER NOT NULL DEFAULT 0,
  created   BIGINT NOT NULL
);
INSERT INTO staff (id, person_id, email, name, role, agency_id, wing_id, disabled, created)
  SELECT id, 'per_' || substr(id, 5), email, name, role, agency_id, wing_id, disabled, created FROM staff_kept;
DROP TABLE staff_kept;
CREATE INDEX staff_by_person ON staff (person_id);

CREATE TABLE contacts_kept AS SELECT id, agency_id, name, email, role, verified, verified_at, created FROM contacts;
DROP TABLE contacts;
CREATE TABLE contacts (
  id          TEXT PRIMARY KEY,
  agency_id   TEXT NOT NULL REFERENCES agencies (id),
  name        TEXT NOT NULL,
  email       TEXT NOT NULL,
  role        TEXT NOT NULL,
  verified    TEXT NOT NULL DEFAULT '',
  verified_at BIGINT NOT NULL DEFAULT 0,
  created     BIGINT NOT NULL,
  UNIQUE (email, agency_id)
);
INSERT INTO contacts (id, agency_id, name, email, role, verified, verified_at, created)
  SELECT id, agency_id, name, email, role, verified, verified_at, created FROM contacts_kept;
DROP TABLE contacts_kept;

-- +goose Down
SELECT 'going back is not supported: restore a backup';

-- +goose Up

-- Who outside has to do with a child besides the authority that looks after her or him: a school or court (kind 'agency') or a carer (kind 'contact'). ref is the
-- agency's or the contact's identifier. A conversation about the child is offered to nobody else.
CREATE TABLE child_concerned (
  child_id TEXT NOT NULL REFERENCES children (id),
  kind     TEXT NOT NULL,
  ref      TEXT NOT NULL,
  since    BIGINT NOT NULL,
  PRIMARY KEY (child_id, kind, ref)
);

-- Who looked for whom. The words are a person's name as often as not: they are sealed under the key for staff, and the audit entry has only the row's identifier.
CREATE TABLE look_ups (
  id           TEXT PRIMARY KEY,
  staff_id     TEXT NOT NULL REFERENCES staff (id),
  at           BIGINT NOT NULL,
  found        BIGINT NOT NULL,
  words_sealed BYTEA NOT NULL
);
CREATE INDEX look_ups_by_time ON look_ups (at);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

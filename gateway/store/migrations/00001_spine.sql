-- The spine: both engines read this file. Times are BIGINT microseconds since 1970 UTC (0 = not yet); flags are INTEGER 0/1;
-- columns that end in _sealed are AEAD ciphertexts under the row's scope (its case, or "intake", or "staff").

-- +goose Up
CREATE TABLE world (
  name    TEXT PRIMARY KEY,
  value   TEXT NOT NULL
);

CREATE TABLE data_keys (
  scope     TEXT PRIMARY KEY,
  wrapped   BYTEA NOT NULL,
  created   BIGINT NOT NULL,
  destroyed BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE audit_entries (
  seq        BIGINT PRIMARY KEY,
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
CREATE INDEX audit_by_case ON audit_entries (case_id, seq);
CREATE INDEX audit_by_thread ON audit_entries (thread_id, seq);

CREATE TABLE audit_counter (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  next  BIGINT NOT NULL,
  chain BYTEA NOT NULL
);

CREATE TABLE audit_hashes (
  idx  BIGINT PRIMARY KEY,
  hash BYTEA NOT NULL
);

CREATE TABLE audit_checkpoints (
  size BIGINT PRIMARY KEY,
  note BYTEA NOT NULL,
  at   BIGINT NOT NULL
);

CREATE TABLE outbox (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,
  item_key    TEXT NOT NULL,
  payload     TEXT NOT NULL,
  created     BIGINT NOT NULL,
  not_before  BIGINT NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  state       TEXT NOT NULL DEFAULT 'due',
  last_error  TEXT NOT NULL DEFAULT '',
  UNIQUE (kind, item_key)
);
CREATE INDEX outbox_due ON outbox (not_before, id) WHERE state = 'due';
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 'due' AND lease_until > 0;

CREATE TABLE agencies (
  id     TEXT PRIMARY KEY,
  kind   TEXT NOT NULL,
  name   TEXT NOT NULL,
  domain TEXT NOT NULL DEFAULT ''
);

CREATE TABLE wings (
  id               TEXT PRIMARY KEY,
  establishment_id TEXT NOT NULL REFERENCES agencies (id),
  name             TEXT NOT NULL,
  UNIQUE (establishment_id, name)
);

CREATE TABLE staff (
  id            TEXT PRIMARY KEY,
  email         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL,
  agency_id     TEXT NOT NULL REFERENCES agencies (id),
  wing_id       TEXT NOT NULL DEFAULT '',
  password_hash TEXT NOT NULL,
  totp_sealed   BYTEA NOT NULL,
  totp_last     BIGINT NOT NULL DEFAULT 0,
  failures      INTEGER NOT NULL DEFAULT 0,
  locked_until  BIGINT NOT NULL DEFAULT 0,
  disabled      INTEGER NOT NULL DEFAULT 0,
  created       BIGINT NOT NULL
);

-- Sessions of every face: a member of staff, a mother at a kiosk, a guest. Only the token's hash is kept.
CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  context_id TEXT NOT NULL DEFAULT '',
  created    BIGINT NOT NULL,
  last_seen  BIGINT NOT NULL,
  expires    BIGINT NOT NULL,
  ended      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sessions_by_subject ON sessions (kind, subject_id);

CREATE TABLE api_tokens (
  token_hash TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  staff_id   TEXT NOT NULL REFERENCES staff (id),
  role       TEXT NOT NULL,
  created    BIGINT NOT NULL,
  expires    BIGINT NOT NULL,
  revoked    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE mothers (
  id               TEXT PRIMARY KEY,
  name             TEXT NOT NULL,
  prisoner_number  TEXT NOT NULL UNIQUE,
  establishment_id TEXT NOT NULL REFERENCES agencies (id),
  wing_id          TEXT NOT NULL REFERENCES wings (id),
  language         TEXT NOT NULL DEFAULT 'en',
  pin_hash         TEXT NOT NULL,
  pin_failures     INTEGER NOT NULL DEFAULT 0,
  pin_locked_until BIGINT NOT NULL DEFAULT 0,
  feed_seq         BIGINT NOT NULL DEFAULT 0,
  created          BIGINT NOT NULL
);
CREATE INDEX mothers_by_wing ON mothers (establishment_id, wing_id);

CREATE TABLE contacts (
  id          TEXT PRIMARY KEY,
  agency_id   TEXT NOT NULL REFERENCES agencies (id),
  name        TEXT NOT NULL,
  email       TEXT NOT NULL UNIQUE,
  role        TEXT NOT NULL,
  verified    TEXT NOT NULL DEFAULT '',
  verified_at BIGINT NOT NULL DEFAULT 0,
  created     BIGINT NOT NULL
);

CREATE TABLE cases (
  id        TEXT PRIMARY KEY,
  reference TEXT NOT NULL UNIQUE,
  mother_id TEXT NOT NULL REFERENCES mothers (id),
  worker_id TEXT NOT NULL REFERENCES staff (id),
  opened    BIGINT NOT NULL,
  closed    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX cases_by_mother ON cases (mother_id);

CREATE TABLE case_team (
  case_id  TEXT NOT NULL REFERENCES cases (id),
  staff_id TEXT NOT NULL REFERENCES staff (id),
  since    BIGINT NOT NULL,
  PRIMARY KEY (case_id, staff_id)
);
CREATE INDEX case_team_by_staff ON case_team (staff_id);

CREATE TABLE children (
  id           TEXT PRIMARY KEY,
  case_id      TEXT NOT NULL REFERENCES cases (id),
  name         TEXT NOT NULL,
  born         TEXT NOT NULL DEFAULT '',
  authority_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX children_by_case ON children (case_id);

CREATE TABLE threads (
  id             TEXT PRIMARY KEY,
  case_id        TEXT NOT NULL REFERENCES cases (id),
  channel        TEXT NOT NULL,
  agency_id      TEXT NOT NULL DEFAULT '',
  subject_sealed BYTEA NOT NULL,
  created        BIGINT NOT NULL,
  last_at        BIGINT NOT NULL
);
CREATE INDEX threads_by_case ON threads (case_id, last_at);

CREATE TABLE thread_children (
  thread_id TEXT NOT NULL REFERENCES threads (id),
  child_id  TEXT NOT NULL REFERENCES children (id),
  PRIMARY KEY (thread_id, child_id)
);

CREATE TABLE thread_parties (
  thread_id TEXT NOT NULL REFERENCES threads (id),
  kind      TEXT NOT NULL,
  party_id  TEXT NOT NULL,
  since     BIGINT NOT NULL,
  until     BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (thread_id, kind, party_id)
);
CREATE INDEX thread_parties_by_party ON thread_parties (kind, party_id);

CREATE TABLE reply_addresses (
  id         TEXT PRIMARY KEY,
  thread_id  TEXT NOT NULL REFERENCES threads (id),
  contact_id TEXT NOT NULL REFERENCES contacts (id),
  created    BIGINT NOT NULL,
  expires    BIGINT NOT NULL DEFAULT 0,
  UNIQUE (thread_id, contact_id)
);

CREATE TABLE messages (
  id             TEXT PRIMARY KEY,
  thread_id      TEXT NOT NULL REFERENCES threads (id),
  case_id        TEXT NOT NULL,
  author_kind    TEXT NOT NULL,
  author_id      TEXT NOT NULL,
  state          TEXT NOT NULL,
  subject_sealed BYTEA NOT NULL,
  body_sealed    BYTEA NOT NULL,
  quoted_sealed  BYTEA NOT NULL,
  written        BIGINT NOT NULL,
  released       BIGINT NOT NULL DEFAULT 0,
  inbound_id     TEXT NOT NULL DEFAULT '',
  idem_key       TEXT NOT NULL,
  header_id      TEXT NOT NULL,
  UNIQUE (thread_id, idem_key)
);
CREATE INDEX messages_by_thread ON messages (thread_id, written);
CREATE INDEX messages_by_header ON messages (header_id);

CREATE TABLE attachments (
  id             TEXT PRIMARY KEY,
  message_id     TEXT NOT NULL REFERENCES messages (id),
  name_sealed    BYTEA NOT NULL,
  media_type     TEXT NOT NULL,
  size           BIGINT NOT NULL,
  content_sealed BYTEA NOT NULL
);
CREATE INDEX attachments_by_message ON attachments (message_id);

CREATE TABLE holds (
  id          TEXT PRIMARY KEY,
  case_id     TEXT NOT NULL DEFAULT '',
  thread_id   TEXT NOT NULL DEFAULT '',
  message_id  TEXT NOT NULL DEFAULT '',
  inbound_id  TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL,
  why         TEXT NOT NULL,
  for_role    TEXT NOT NULL,
  opened      BIGINT NOT NULL,
  claimed_by  TEXT NOT NULL DEFAULT '',
  decided     BIGINT NOT NULL DEFAULT 0,
  decided_by  TEXT NOT NULL DEFAULT '',
  outcome     TEXT NOT NULL DEFAULT '',
  reason_code TEXT NOT NULL DEFAULT '',
  note_sealed BYTEA NOT NULL
);
CREATE INDEX holds_open ON holds (case_id, opened) WHERE decided = 0;
CREATE INDEX holds_by_message ON holds (message_id);
CREATE INDEX holds_by_inbound ON holds (inbound_id);

CREATE TABLE deliveries (
  id             TEXT PRIMARY KEY,
  message_id     TEXT NOT NULL REFERENCES messages (id),
  thread_id      TEXT NOT NULL,
  case_id        TEXT NOT NULL,
  recipient_kind TEXT NOT NULL,
  recipient_id   TEXT NOT NULL,
  address        TEXT NOT NULL DEFAULT '',
  bounce_token   TEXT NOT NULL UNIQUE,
  state          TEXT NOT NULL,
  queued         BIGINT NOT NULL,
  sent           BIGINT NOT NULL DEFAULT 0,
  accepted       BIGINT NOT NULL DEFAULT 0,
  failed         BIGINT NOT NULL DEFAULT 0,
  kiosk          BIGINT NOT NULL DEFAULT 0,
  seen           BIGINT NOT NULL DEFAULT 0,
  detail         TEXT NOT NULL DEFAULT '',
  UNIQUE (message_id, recipient_kind, recipient_id)
);
CREATE INDEX deliveries_by_thread ON deliveries (thread_id);

CREATE TABLE inbound_mail (
  id         TEXT PRIMARY KEY,
  digest     TEXT NOT NULL UNIQUE,
  scope      TEXT NOT NULL,
  size       BIGINT NOT NULL,
  mail_from  TEXT NOT NULL,
  rcpt       TEXT NOT NULL,
  remote_ip  TEXT NOT NULL,
  helo       TEXT NOT NULL,
  tls        INTEGER NOT NULL,
  received   BIGINT NOT NULL,
  state      TEXT NOT NULL,
  thread_id  TEXT NOT NULL DEFAULT '',
  message_id TEXT NOT NULL DEFAULT '',
  facts      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX inbound_by_state ON inbound_mail (state, received);

-- The bytes of a received email stand apart: what became of it changes, they never do.
CREATE TABLE inbound_raw (
  id         TEXT PRIMARY KEY REFERENCES inbound_mail (id),
  raw_sealed BYTEA NOT NULL
);

CREATE TABLE drafts (
  staff_id    TEXT NOT NULL,
  thread_id   TEXT NOT NULL REFERENCES threads (id),
  body_sealed BYTEA NOT NULL,
  saved       BIGINT NOT NULL,
  PRIMARY KEY (staff_id, thread_id)
);

-- What a mother's kiosk must be shown, in order; seq is the cursor with which a kiosk comes back.
CREATE TABLE feed (
  mother_id TEXT NOT NULL REFERENCES mothers (id),
  seq       BIGINT NOT NULL,
  kind      TEXT NOT NULL,
  ref_id    TEXT NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (mother_id, seq)
);

CREATE TABLE kiosks (
  id               TEXT PRIMARY KEY,
  establishment_id TEXT NOT NULL REFERENCES agencies (id),
  wing_id          TEXT NOT NULL REFERENCES wings (id),
  name             TEXT NOT NULL,
  secret_hash      TEXT NOT NULL UNIQUE,
  enrolled         BIGINT NOT NULL,
  last_seen        BIGINT NOT NULL DEFAULT 0,
  withdrawn        BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE kiosk_codes (
  code_hash        TEXT PRIMARY KEY,
  establishment_id TEXT NOT NULL REFERENCES agencies (id),
  wing_id          TEXT NOT NULL REFERENCES wings (id),
  name             TEXT NOT NULL,
  created          BIGINT NOT NULL,
  expires          BIGINT NOT NULL,
  used             BIGINT NOT NULL DEFAULT 0,
  kiosk_id         TEXT NOT NULL DEFAULT ''
);

-- Tries at enrolment codes, of whatever device, in the present window: see Tx.CountEnrolmentTry.
CREATE TABLE kiosk_enrolment (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  tries INTEGER NOT NULL,
  since BIGINT NOT NULL
);

CREATE TABLE meetings (
  id           TEXT PRIMARY KEY,
  case_id      TEXT NOT NULL REFERENCES cases (id),
  kind         TEXT NOT NULL,
  title_sealed BYTEA NOT NULL,
  starts       BIGINT NOT NULL,
  ends         BIGINT NOT NULL,
  state        TEXT NOT NULL,
  created_by   TEXT NOT NULL,
  created      BIGINT NOT NULL,
  revision     BIGINT NOT NULL DEFAULT 1,
  idem_key     TEXT NOT NULL,
  UNIQUE (case_id, idem_key)
);
CREATE INDEX meetings_by_case ON meetings (case_id, starts);
CREATE INDEX meetings_by_start ON meetings (starts);

CREATE TABLE participants (
  id           TEXT PRIMARY KEY,
  meeting_id   TEXT NOT NULL REFERENCES meetings (id),
  kind         TEXT NOT NULL,
  person_id    TEXT NOT NULL,
  name         TEXT NOT NULL,
  typed_sealed BYTEA NOT NULL,
  email        TEXT NOT NULL DEFAULT '',
  role         TEXT NOT NULL,
  link_hash    TEXT NOT NULL DEFAULT '',
  mail_state   TEXT NOT NULL DEFAULT '',
  mail_at      BIGINT NOT NULL DEFAULT 0,
  invited      BIGINT NOT NULL,
  removed      BIGINT NOT NULL DEFAULT 0,
  UNIQUE (meeting_id, kind, person_id)
);
CREATE INDEX participants_by_person ON participants (kind, person_id);
CREATE INDEX participants_by_link ON participants (link_hash);

-- One-time codes of guests. The digits are not kept: they are derived from the id with a key that is not in the database. A code
-- is spent by the form that names it, never by opening the link.
CREATE TABLE guest_codes (
  id             TEXT PRIMARY KEY,
  participant_id TEXT NOT NULL REFERENCES participants (id),
  purpose        TEXT NOT NULL,
  created        BIGINT NOT NULL,
  expires        BIGINT NOT NULL,
  tries          INTEGER NOT NULL DEFAULT 0,
  used           BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX guest_codes_by_participant ON guest_codes (participant_id, created);

-- What happened in a room, in the order it was told; id is the media server's, so that an event told twice counts once.
CREATE TABLE attendance (
  id             TEXT PRIMARY KEY,
  meeting_id     TEXT NOT NULL REFERENCES meetings (id),
  seq            BIGINT NOT NULL,
  participant_id TEXT NOT NULL,
  event          TEXT NOT NULL,
  at             BIGINT NOT NULL,
  by_id          TEXT NOT NULL DEFAULT '',
  detail         TEXT NOT NULL DEFAULT ''
);
CREATE INDEX attendance_by_meeting ON attendance (meeting_id, seq);

INSERT INTO audit_counter (one, next, chain) VALUES (1, 0, '');
INSERT INTO kiosk_enrolment (one, tries, since) VALUES (1, 0, 0);

-- +goose Down
SELECT 'going back is not supported: restore a backup';

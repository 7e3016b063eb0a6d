-- Mail fetched from a mailbox over IMAP: how far each mailbox has been read, and the mails in it that could not be taken yet.

-- +goose Up
CREATE TABLE imap_mailboxes (
  account      TEXT NOT NULL,
  mailbox      TEXT NOT NULL,
  origin       TEXT NOT NULL,
  uid_validity BIGINT NOT NULL,
  uid          BIGINT NOT NULL,
  changed      BIGINT NOT NULL,
  PRIMARY KEY (account, mailbox)
);

CREATE TABLE imap_failures (
  account  TEXT NOT NULL,
  mailbox  TEXT NOT NULL,
  uid      BIGINT NOT NULL,
  attempts INTEGER NOT NULL,
  cause    TEXT NOT NULL,
  next     BIGINT NOT NULL,
  given_up INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account, mailbox, uid)
);

-- fetched is the account that an email was fetched by; '' = it came by SMTP. whole_size is the size of an email of which only the
-- header was fetched; 0 = it is here whole.
ALTER TABLE inbound_mail ADD COLUMN fetched TEXT NOT NULL DEFAULT '';
ALTER TABLE inbound_mail ADD COLUMN whole_size BIGINT NOT NULL DEFAULT 0;

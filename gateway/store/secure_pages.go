package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
)

// SecurePage is a page on which one delivery's message is read, because it could not be sent securely. Only the hash of its link is kept.
type SecurePage struct {
	ID       ids.PageID
	Delivery ids.DeliveryID
	LinkHash string
	Created  time.Time
	Expires  time.Time
	Opened   time.Time // when the message was first read there
}

// AddSecurePage stores a delivery's page; one that it has already keeps its link and gets the new time.
func (tx *Tx) AddSecurePage(p SecurePage) error {
	_, err := tx.q.exec(tx.ctx, `INSERT INTO secure_pages (id, delivery_id, link_hash, created, expires) VALUES (?, ?, ?, ?, ?) 
		ON CONFLICT (delivery_id) DO UPDATE SET created = excluded.created, expires = excluded.expires`,
		string(p.ID), string(p.Delivery), p.LinkHash, micros(tx.now), micros(p.Expires))
	return err
}

func (r Reader) securePageWhere(ctx context.Context, where string, arg string) (SecurePage, error) {
	var p SecurePage
	return p, r.q.one(ctx, `SELECT id, delivery_id, link_hash, created, expires, opened FROM secure_pages WHERE `+where, []any{arg},
		&p.ID, &p.Delivery, &p.LinkHash, at{&p.Created}, at{&p.Expires}, at{&p.Opened})
}

// SecurePage returns one page.
func (r Reader) SecurePage(ctx context.Context, id ids.PageID) (SecurePage, error) {
	return r.securePageWhere(ctx, `id = ?`, string(id))
}

// SecurePageByLink finds a page by the hash of its link.
func (r Reader) SecurePageByLink(ctx context.Context, linkHash string) (SecurePage, error) {
	return r.securePageWhere(ctx, `link_hash = ?`, linkHash)
}

// SecurePageOf returns the page of a delivery.
func (r Reader) SecurePageOf(ctx context.Context, d ids.DeliveryID) (SecurePage, error) {
	return r.securePageWhere(ctx, `delivery_id = ?`, string(d))
}

// OpenSecurePage records that the message was read, and makes other transactions about the page wait; first is true for the first time.
func (tx *Tx) OpenSecurePage(id ids.PageID) (first bool, err error) {
	n, err := tx.q.exec(tx.ctx, `UPDATE secure_pages SET opened = ? WHERE id = ? AND opened = 0`, micros(tx.now), string(id))
	return n == 1, err
}

// LockSecurePage makes other transactions about the page wait until this one has ended.
func (tx *Tx) LockSecurePage(id ids.PageID) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE secure_pages SET opened = opened WHERE id = ?`, string(id))
	if err == nil && n == 0 {
		return ids.ErrNotFound
	}
	return err
}

// PageCode is one one-time code of a page, without its digits. Asker is the hash of what the browser that asked for it holds.
type PageCode struct {
	ID      string
	Page    ids.PageID
	Asker   string
	Created time.Time
	Expires time.Time
}

// AddPageCode stores a code and ends the page's earlier ones: only the newest works.
func (tx *Tx) AddPageCode(c PageCode) error {
	if _, err := tx.q.exec(tx.ctx, `UPDATE secure_page_codes SET expires = ? WHERE page_id = ? AND used = 0 AND expires > ?`,
		micros(tx.now), string(c.Page), micros(tx.now)); err != nil {
		return err
	}
	_, err := tx.q.exec(tx.ctx, `INSERT INTO secure_page_codes (id, page_id, asker, created, expires) VALUES (?, ?, ?, ?, ?)`,
		c.ID, string(c.Page), c.Asker, micros(tx.now), micros(c.Expires))
	return err
}

// PageCode returns one code.
func (r Reader) PageCode(ctx context.Context, id string) (PageCode, error) {
	c := PageCode{ID: id}
	return c, r.q.one(ctx, `SELECT page_id, asker, created, expires FROM secure_page_codes WHERE id = ?`, []any{id}, &c.Page, &c.Asker, at{&c.Created}, at{&c.Expires})
}

// PageCodesAsked counts the codes of a page asked for since a time.
func (r Reader) PageCodesAsked(ctx context.Context, p ids.PageID, since time.Time) (n int, err error) {
	return n, r.q.one(ctx, `SELECT COUNT(*) FROM secure_page_codes WHERE page_id = ? AND created > ?`, []any{string(p), micros(since)}, &n)
}

// TryPageCode counts a try, in the browser that asked, at a page's living code and returns its identifier; NotFound when no code lives there.
func (tx *Tx) TryPageCode(p ids.PageID, asker string, most int) (id string, err error) {
	return id, tx.q.one(tx.ctx, `UPDATE secure_page_codes SET tries = tries + 1 WHERE page_id = ? AND asker = ? AND used = 0 AND expires > ? AND tries < ?
		RETURNING id`, []any{string(p), asker, micros(tx.now), most}, &id)
}

// SpendPageCode records that a code let its reader in; Conflict when it did so before.
func (tx *Tx) SpendPageCode(id string) error {
	n, err := tx.q.exec(tx.ctx, `UPDATE secure_page_codes SET used = ? WHERE id = ? AND used = 0`, micros(tx.now), id)
	if err == nil && n == 0 {
		return ids.E(ids.Conflict, "This code was used already. Ask for a new one.")
	}
	return err
}

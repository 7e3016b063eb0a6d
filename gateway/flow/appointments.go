package flow

import (
	"context"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
)

// postsToday are the appointments in which a person can act today, the oldest first.
func (f *Flow) postsToday(ctx context.Context, p ids.PersonID) ([]people.Staff, error) {
	all, err := f.st.StaffOfPerson(ctx, p)
	var now []people.Staff
	for _, s := range all {
		if !s.Disabled {
			now = append(now, s)
		}
	}
	return now, err
}

// Post is one appointment that somebody can choose to act in.
type Post struct {
	people.Staff
	AgencyName string
	Wing       string // its name; "" = none
	Acting     bool   // she acts in it now
}

// Posts returns the appointments in which whoever has a session can act today: she has signed in, and acts in one or in none yet.
func (f *Flow) Posts(ctx context.Context, token string) ([]Post, error) {
	p, acting, err := f.personBySession(ctx, token)
	if err != nil {
		return nil, err
	}
	posts, err := f.postsToday(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Post
	for _, s := range posts {
		one := Post{Staff: s, Acting: s.ID == acting.ID}
		agency, err := f.st.Agency(ctx, s.Agency)
		if err != nil {
			return nil, err
		}
		one.AgencyName = agency.Name
		wings, err := f.st.Wings(ctx, s.Agency)
		if err != nil {
			return nil, err
		}
		for _, w := range wings {
			if w.ID == s.Wing {
				one.Wing = w.Name
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// personBySession returns who has a session, whether she has chosen an appointment (acting) or not yet.
func (f *Flow) personBySession(ctx context.Context, token string) (p ids.PersonID, acting people.Staff, err error) {
	s, err := f.st.Session(ctx, store.SessionPerson, people.HashToken(token), f.now(), StaffSessionIdle)
	if err == nil {
		return ids.PersonID(s.Subject), acting, nil
	}
	me, err := f.StaffBySession(ctx, token)
	return me.Person, me.Staff, err
}

// ActIn makes a session one in which its person acts in an appointment, and returns its new token: the old one is worth nothing any more. She acts in
// one at a time, so her sessions in the others end. What is not hers, or not today, is not found.
func (f *Flow) ActIn(ctx context.Context, token string, id ids.StaffID) (next string, s people.Staff, err error) {
	p, from, err := f.personBySession(ctx, token)
	if err != nil {
		return "", s, err
	}
	if s, err = f.st.Staff(ctx, id); err != nil {
		return "", s, err
	}
	if s.Person != p || s.Disabled {
		return "", people.Staff{}, ids.ErrNotFound
	}
	hash := people.HashToken(token)
	kind := store.SessionStaff
	if from.ID == "" {
		kind = store.SessionPerson
	}
	next = ids.Secret(32)
	return next, s, f.st.Write(ctx, s.Actor(), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockPerson(p); err != nil {
			return audit.Entry{}, err
		}
		now, err := tx.Staff(tx.Context(), id)
		if err != nil || now.Disabled { // ended since
			return audit.Entry{}, orNotFound(err)
		}
		old, err := tx.Session(tx.Context(), kind, hash, tx.Now(), StaffSessionIdle)
		if err != nil {
			return audit.Entry{}, signedOut(err)
		}
		if err := tx.EndSession(hash); err != nil {
			return audit.Entry{}, err
		}
		if err := leaveOthers(tx, s); err != nil {
			return audit.Entry{}, err
		}
		// Choosing makes no session longer.
		return audit.ActsIn(id).With("from", string(from.ID)), tx.AddSession(people.HashToken(next), store.Session{Kind: store.SessionStaff, Subject: string(id), Expires: old.Expires})
	})
}

func orNotFound(err error) error {
	if err == nil {
		return ids.ErrNotFound
	}
	return err
}

// leaveOthers ends the sessions of a person in her other appointments than the one that she acts in from now on.
func leaveOthers(tx *store.Tx, s people.Staff) error {
	posts, err := tx.StaffOfPerson(tx.Context(), s.Person)
	if err != nil {
		return err
	}
	for _, p := range posts {
		if p.ID == s.ID {
			continue
		}
		if err := tx.EndSessionsOf(store.SessionStaff, string(p.ID)); err != nil {
			return err
		}
	}
	return nil
}

// self is who somebody is besides the appointment that she acts in: it opens nothing to her, and where a second person is needed she is none.
type self struct {
	posts  map[ids.StaffID]bool // the others that she has or had
	emails map[string]bool      // her addresses, in all of them
}

// selfOf reads who the actor is besides.
func selfOf(ctx context.Context, r store.Reader, a ids.Actor) (s self, err error) {
	if a.Person == "" {
		return s, nil
	}
	posts, err := r.StaffOfPerson(ctx, a.Person)
	if err != nil {
		return s, err
	}
	s = self{posts: map[ids.StaffID]bool{}, emails: map[string]bool{}}
	for _, p := range posts {
		s.emails[p.Email] = true
		if p.ID != a.StaffID() {
			s.posts[p.ID] = true
		}
	}
	return s, nil
}

// wrote reports whether she wrote a message otherwise than in the appointment that she acts in: in another one, or from outside under an address that is
// one of hers.
func (s self) wrote(m messages.Message, ps []threads.Party) bool {
	switch m.AuthorKind {
	case messages.ByStaff:
		return s.posts[ids.StaffID(m.AuthorID)]
	case messages.ByContact:
		for _, p := range ps {
			if p.Kind == threads.PartyContact && p.ID == m.AuthorID && s.emails[p.Email] {
				return true
			}
		}
	}
	return false
}

// is reports whether a decision was the actor's own, in whatever appointment.
func (s self) is(a ids.Actor, by ids.StaffID) bool {
	return by != "" && (by == a.StaffID() || s.posts[by])
}

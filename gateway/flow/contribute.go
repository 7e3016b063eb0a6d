package flow

import (
	"context"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// SaveAnswer keeps what was answered to one question so far: hers at the kiosk, or what a worker writes down with her. Nobody else sees it before it is sent. Empty text removes it.
func (f *Flow) SaveAnswer(ctx context.Context, a ids.Actor, id ids.MeetingID, question, text string) error {
	b, _, err := f.loadBefore(ctx, a, id, policy.Contribute)
	if err != nil {
		return err
	}
	known := false
	for _, q := range meetings.QuestionsOf(b.Kind) {
		known = known || q.Name == question
	}
	switch text = CleanText(text); {
	case !known:
		return ids.E(ids.Invalid, "This question is not one of the meeting's.")
	case utf8.RuneCountInString(text) > meetings.MaxAnswer:
		return ids.E(ids.TooLarge, "The answer is too long: at most %d characters fit.", meetings.MaxAnswer)
	}
	return f.st.SaveAnswer(ctx, b.Case, id, a.StaffID(), question, text)
}

// NewContribution is what was confirmed: the answers as they are kept.
type NewContribution struct {
	Meeting ids.MeetingID
	Lang    string // of the questions
	IdemKey string // the meeting's version with this key is made once
	// ReadBack: it was read back to her. Of what was written down with her it must have been.
	ReadBack bool
}

// SendContribution sends what she wants a meeting to hear to whoever runs it, as a message that is reviewed like every message of hers. Who runs it may not be known yet: then it
// is kept, and goes when somebody says. After the meeting began it is kept all the same, and marked late. The same words again are the same version.
func (f *Flow) SendContribution(ctx context.Context, a ids.Actor, in NewContribution) (out meetings.Contribution, err error) {
	b, d, err := f.loadBefore(ctx, a, in.Meeting, policy.Contribute)
	switch {
	case err != nil:
		return out, err
	case in.IdemKey == "" || len(in.IdemKey) > maxIDSize:
		return out, ids.E(ids.Invalid, "What is sent needs an identifier of its own, of at most %d characters.", maxIDSize)
	case a.StaffID() != "" && !in.ReadBack:
		return out, ids.E(ids.Invalid, "Read it back to her first, and say that you have.")
	}
	body, err := f.contributionBody(ctx, a, b, in.Lang)
	if err != nil {
		return out, err
	}
	if body == "" {
		return out, ids.E(ids.Invalid, "Answer one question at least.")
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		x := meetings.Contribution{ID: ids.New[ids.ContributionID](ids.Contribution), Meeting: b.ID, Writer: a.StaffID(), Body: body, Given: tx.Now(), Late: !tx.Now().Before(b.Starts)}
		if in.ReadBack && x.Writer != "" {
			x.ReadBack = tx.Now()
		}
		all, err := tx.Contributions(tx.Context(), b.Case, b.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if len(all) > 0 && all[0].Body == body && all[0].Writer == x.Writer {
			out = all[0]
			return audit.Entry{}, errSame
		}
		var added bool
		if out, added, err = tx.AddContribution(b.Case, x, in.IdemKey+"/"+a.ID); err != nil || !added {
			if err == nil {
				err = errSame
			}
			return audit.Entry{}, err
		}
		entry := decided(audit.ContributionGiven(b.Case, b.ID, out.Version, out.Writer, out.Late), d)
		if b.chair.ID == "" {
			return entry, nil
		}
		out, err = f.sayAhead(tx, b, out, b.chair)
		return entry, err
	})
	return out, same(err)
}

// contributionBody writes the answers that are kept as the words of a message. What a worker wrote down says so: it is never given out as her own typing.
func (f *Flow) contributionBody(ctx context.Context, a ids.Actor, b beforeMeeting, lang string) (string, error) {
	answers, err := f.st.Answers(ctx, b.Case, b.ID, a.StaffID())
	if err != nil {
		return "", err
	}
	preface := ""
	if id := a.StaffID(); id != "" {
		s, err := f.st.Staff(ctx, id)
		if err != nil {
			return "", err
		}
		of, err := f.st.Agency(ctx, s.Agency)
		if err != nil {
			return "", err
		}
		preface = "Written down by " + oneLine(s.Name, 100) + " (" + oneLine(of.Name, 100) + ") together with " + oneLine(b.Mother.Name, 100) + ", and read back to her."
	}
	return meetings.Compose(b.Kind, lang, b.names(), answers, preface), nil
}

// sayAhead makes a message of a version, in the conversation that is begun for the meeting with whoever runs it. Nobody else outside is in it, and it is about those of the meeting's
// children who are her organisation's business.
func (f *Flow) sayAhead(tx *store.Tx, b beforeMeeting, x meetings.Contribution, to chair) (meetings.Contribution, error) {
	thread, err := f.threadFor(tx, b, to.ID, to.Agency, to.about)
	if err != nil {
		return x, err
	}
	author := ids.MotherActor(b.Mother.ID)
	if x.Writer != "" {
		s, err := tx.Staff(tx.Context(), x.Writer)
		if err != nil {
			return x, err
		}
		author = s.Actor()
	}
	o, err := loadThread(tx.Context(), tx.Reader, author, thread)
	if err != nil {
		return x, err
	}
	d := policy.Decide(b.saying(o, policy.SendContribution))
	if d.Err() != nil {
		return x, d.Err()
	}
	m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: authorKind(author), AuthorID: author.ID, Body: x.Body}
	placed, entry, err := f.place(tx, author, o, m, d, origin{idemKey: "contribution/" + string(x.ID)})
	if err != nil {
		return x, err
	}
	tx.Also(entry)
	tx.Also(audit.ContributionSent(b.Case, o.ID, b.ID, x.Version, placed.Message))
	x.Contact, x.Thread, x.Message = to.ID, o.ID, placed.Message
	return x, tx.SendContribution(x)
}

// saying is what policy is asked about her words to a meeting in a conversation, whoever writes them down: they are reviewed as hers.
func (b beforeMeeting) saying(o openThread, act policy.Act) policy.Facts {
	facts := o.to(act)
	facts.Meeting = b.facts.Meeting
	_, takesPart := meetings.Find(b.Participants, facts.Actor)
	facts.Meeting.IsParticipant = takesPart
	facts.Review = o.safe.review[messages.FromHer]
	return facts
}

// threadFor returns the conversation of a meeting with one person outside, or, with none, with her alone for its papers; it begins it when there is none.
func (f *Flow) threadFor(tx *store.Tx, b beforeMeeting, contact ids.ContactID, agency ids.AgencyID, about []cases.Child) (ids.ThreadID, error) {
	if err := tx.LockMeeting(b.ID); err != nil {
		return "", err
	}
	id, err := tx.MeetingThread(tx.Context(), b.ID, contact)
	if err != nil || id != "" {
		return id, err
	}
	t := threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: b.Case, Channel: threads.Official, Agency: agency, Subject: subjectBefore(b.Meeting, b.Mother)}
	for _, k := range about {
		t.Children = append(t.Children, k.ID)
	}
	parties := []threads.Party{{Kind: threads.PartyMother, ID: string(b.Mother.ID)}}
	if contact != "" {
		parties = append(parties, threads.Party{Kind: threads.PartyContact, ID: string(contact)})
	}
	if err := tx.AddThread(t, parties); err != nil {
		return "", err
	}
	if contact != "" {
		if _, err := tx.ReplyAddress(t.ID, contact); err != nil {
			return "", err
		}
	}
	tx.Also(audit.ThreadOpened(b.Case, t.ID, string(t.Channel)))
	tx.Wake(store.TopicStaff)
	if err := tx.SetMeetingThread(b.ID, contact, t.ID); err != nil {
		return "", err
	}
	return t.ID, tx.AddFeed(b.Mother.ID, store.FeedThread, string(t.ID))
}

func subjectBefore(m meetings.Meeting, mother people.Mother) string {
	day := workdays.LongDate(workdays.Of(m.Starts), mother.Language)
	if mother.Language == workdays.Welsh {
		return "Cyn y cyfarfod, " + day
	}
	return "Before the meeting on " + day
}

// SetChair says who runs a meeting: a guest, or somebody who could be one. What she has given already and has gone to nobody goes to her now.
func (f *Flow) SetChair(ctx context.Context, a ids.Actor, id ids.MeetingID, contact ids.ContactID) error {
	b, d, err := f.loadBefore(ctx, a, id, policy.AddPaper)
	if err != nil {
		return err
	}
	offered, err := f.chairChoices(ctx, b)
	if err != nil {
		return err
	}
	var to chair
	for _, c := range offered {
		if c.ID == contact {
			to = c
		}
	}
	if to.ID == "" {
		return ids.E(ids.Invalid, "Choose who runs the meeting from the list.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.SetChair(id, contact, a.StaffID()); err != nil {
			return audit.Entry{}, err
		}
		entry := decided(audit.ChairChosen(b.Case, id, contact), d)
		all, err := tx.Contributions(tx.Context(), b.Case, id)
		if err == nil && len(all) > 0 && all[0].Message == "" {
			_, err = f.sayAhead(tx, b, all[0], to)
		}
		return entry, err
	})
}

// chairChoices are those whom a worker can name: the people around the meeting's children, for whom its children are their business.
func (f *Flow) chairChoices(ctx context.Context, b beforeMeeting) (out []chair, err error) {
	var about []ids.ChildID
	for _, k := range b.kids {
		about = append(about, k.ID)
	}
	around, err := f.peopleAround(ctx, b.facts, b.CaseRow, about)
	if err != nil {
		return nil, err
	}
	for _, contact := range around {
		c, err := f.asChair(ctx, b, contact.ID)
		if ids.KindOf(err) == ids.Invalid {
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.Role != people.Solicitor { // what she says to her lawyer is said elsewhere
			out = append(out, c)
		}
	}
	return out, nil
}

package flow

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// PaperView is a paper of a meeting as somebody may see it, with its receipts.
type PaperView struct {
	meetings.Paper
	Name     string
	Thread   ids.ThreadID
	Message  ids.MessageID
	Verdict  messages.FileVerdict
	State    messages.State // of the message that it came with
	Kept     bool           // it is kept from her: by a reviewer, a restriction, or until it is read together
	Released time.Time      // to her; zero = not yet
	AtKiosk  time.Time
	Seen     time.Time // the message
	Opened   time.Time // the first page
	Pages    int       // of the pages, how many were on her screen
	Late     bool      // it was released after the day for papers, or is not yet and that is past
}

// papersOf returns the papers of which the actor may read the message.
func (f *Flow) papersOf(ctx context.Context, a ids.Actor, b beforeMeeting) (out []PaperView, err error) {
	list, err := f.st.Papers(ctx, b.Case, b.ID)
	if err != nil {
		return nil, err
	}
	by := f.PapersBy(b.Kind, workdays.Of(b.Starts))
	for _, p := range list {
		m, err := f.st.AttachmentMessage(ctx, p.File)
		if err != nil {
			return nil, err
		}
		o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
		if err != nil {
			return nil, err
		}
		if !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
			continue
		}
		v := PaperView{Paper: p, Thread: m.Thread, Message: m.ID, State: m.State}
		files := m.Attachments
		if a.Kind == ids.ActorMother {
			files, _ = o.filesFor(a, m)
		}
		found := false
		for _, at := range files {
			if at.ID == p.File {
				v.Name, v.Verdict, found = at.Name, at.Verdict, true
				v.Kept = at.Ruling == messages.FileKept
			}
		}
		if !found {
			continue
		}
		if err := f.paperReceipts(ctx, b, m, by, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (f *Flow) paperReceipts(ctx context.Context, b beforeMeeting, m messages.Message, by workdays.Day, v *PaperView) (err error) {
	d, err := f.st.DeliveryTo(ctx, m.ID, messages.ToMother, string(b.Mother.ID))
	if err != nil && ids.KindOf(err) != ids.NotFound {
		return err
	}
	if err == nil {
		v.Kept = v.Kept || d.State == messages.Kept
		v.Released, v.AtKiosk, v.Seen = m.ReleasedAt, d.Times.Kiosk, d.Times.Seen
		if d.State == messages.Kept {
			v.Released = time.Time{}
		}
	}
	if v.Pages, v.Opened, err = f.st.PaperPages(ctx, v.ID); err != nil {
		return err
	}
	arrived := f.st.Today()
	if !v.Released.IsZero() {
		arrived = workdays.Of(v.Released)
	}
	v.Late = by != 0 && arrived > by
	return nil
}

// NewPaper is a file that is to be a paper of a meeting: one that came with a message she has or will have, or a new one.
type NewPaper struct {
	Meeting ids.MeetingID
	Kind    string
	Summary string           // in plain words; "" = none
	File    ids.AttachmentID // one that is there; "" = New
	New     store.NewFile    // checked as every file; it goes to her in a message
	IdemKey string           // of a new one
}

// AddPaper makes a file a paper of a meeting. Of one that is there it says anew what it is and what is in it. A new one goes to her in a conversation of the meeting's in which
// nobody outside is; it is looked at, turned into pictures and kept from her by restrictions like every file.
func (f *Flow) AddPaper(ctx context.Context, a ids.Actor, in NewPaper) (id ids.PaperID, err error) {
	b, d, err := f.loadBefore(ctx, a, in.Meeting, policy.AddPaper)
	if err != nil {
		return "", err
	}
	known := false
	for _, k := range meetings.PaperKinds(b.Kind) {
		known = known || k == in.Kind
	}
	switch in.Summary = CleanText(in.Summary); {
	case !known:
		return "", ids.E(ids.Invalid, "Choose which paper it is.")
	case utf8.RuneCountInString(in.Summary) > meetings.MaxSummary:
		return "", ids.E(ids.Invalid, "The summary can have at most %d characters.", meetings.MaxSummary)
	}
	p := meetings.Paper{ID: ids.New[ids.PaperID](ids.Paper), Meeting: b.ID, Kind: in.Kind, File: in.File, Summary: in.Summary, AddedBy: a.StaffID()}
	if p.File == "" {
		return f.newPaper(ctx, a, b, d, in, p)
	}
	m, err := f.paperFile(ctx, a, b, p.File)
	if err != nil {
		return "", err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if id, err = tx.AddPaper(b.Case, p); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.PaperAdded(b.Case, m.Thread, b.ID, id, p.File, p.Kind), d), tx.AddFeed(b.Mother.ID, store.FeedMeeting, string(b.ID))
	})
	return id, err
}

// paperFile returns the message of a file that can be a paper: one the actor may read, in an official conversation of the case in which she is.
func (f *Flow) paperFile(ctx context.Context, a ids.Actor, b beforeMeeting, file ids.AttachmentID) (messages.Message, error) {
	m, err := f.st.AttachmentMessage(ctx, file)
	if err != nil {
		return m, err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return m, err
	}
	if m.Case != b.Case || !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
		return m, ids.ErrNotFound
	}
	if o.Channel != threads.Official || !o.facts.Thread.HasMother {
		return m, ids.E(ids.Invalid, "Only a file of an official conversation that she is in can be a paper.")
	}
	return m, nil
}

func (f *Flow) newPaper(ctx context.Context, a ids.Actor, b beforeMeeting, d policy.Decision, in NewPaper, p meetings.Paper) (id ids.PaperID, err error) {
	if len(in.New.Content) == 0 || in.IdemKey == "" || len(in.IdemKey) > maxIDSize {
		return "", ids.E(ids.Invalid, "Choose a file.")
	}
	if err := checkFiles([]store.NewFile{in.New}); err != nil {
		return "", err
	}
	file := in.New
	file.ID = ids.New[ids.AttachmentID](ids.Attachment)
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		thread, err := f.threadFor(tx, b, "", "", b.kids)
		if err != nil {
			return audit.Entry{}, err
		}
		o, err := loadThread(tx.Context(), tx.Reader, a, thread)
		if err != nil {
			return audit.Entry{}, err
		}
		write := policy.Decide(o.to(policy.WriteMessage))
		if write.Err() != nil {
			return audit.Entry{}, write.Err()
		}
		m := messages.Message{ID: ids.New[ids.MessageID](ids.Message), Thread: o.ID, Case: o.Case, AuthorKind: authorKind(a), AuthorID: a.ID, Body: paperWords(b, p.Summary)}
		placed, entry, err := f.place(tx, a, o, m, write, origin{idemKey: "paper/" + in.IdemKey + "/" + a.ID, files: []store.NewFile{file}})
		if err != nil {
			return audit.Entry{}, err
		}
		if placed.Again {
			return audit.Entry{}, errSame
		}
		tx.Also(entry)
		p := p
		p.File = file.ID
		if id, err = tx.AddPaper(b.Case, p); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.PaperAdded(b.Case, o.ID, b.ID, id, p.File, p.Kind), d), nil
	})
	return id, same(err)
}

func paperWords(b beforeMeeting, summary string) string {
	day := workdays.LongDate(workdays.Of(b.Starts), b.Mother.Language)
	words := "Here is a paper for your meeting on " + day + "."
	if b.Mother.Language == workdays.Welsh {
		words = "Dyma bapur ar gyfer eich cyfarfod, " + day + "."
	}
	if summary != "" {
		words += "\n\n" + summary
	}
	return words
}

// FileChoice is a file that came with a message and could be a paper.
type FileChoice struct {
	File ids.AttachmentID
	Name string
	From string
	At   time.Time
}

// PaperChoices returns the files of the case's official conversations that came to her and are no papers of this meeting yet, the newest first, at most 30.
func (f *Flow) PaperChoices(ctx context.Context, a ids.Actor, id ids.MeetingID) (out []FileChoice, err error) {
	b, _, err := f.loadBefore(ctx, a, id, policy.AddPaper)
	if err != nil {
		return nil, err
	}
	there, err := f.st.Papers(ctx, b.Case, id)
	if err != nil {
		return nil, err
	}
	taken := map[ids.AttachmentID]bool{}
	for _, p := range there {
		taken[p.File] = true
	}
	ts, err := f.st.ThreadsOfCase(ctx, b.Case)
	if err != nil {
		return nil, err
	}
	for _, t := range ts {
		if t.Channel != threads.Official {
			continue
		}
		o := openThread{Thread: t}
		if err := o.load(ctx, f.st.Reader, a); err != nil {
			return nil, err
		}
		if !o.facts.Thread.HasMother || !policy.Decide(o.to(policy.ReadThread)).Allowed() {
			continue
		}
		ms, err := f.st.MessagesOfThread(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			if m.AuthorKind == messages.ByMother || m.State.Stopped() || !policy.Decide(o.about(policy.ReadMessage, m)).Allowed() {
				continue
			}
			for _, at := range m.Attachments {
				if !taken[at.ID] {
					out = append(out, FileChoice{File: at.ID, Name: at.Name, From: m.AuthorName, At: m.Written})
				}
			}
		}
	}
	newestFirst(out)
	return out[:min(len(out), 30)], nil
}

// PaperPageSeen notes when a page of a file was first on her screen, where the file is a paper of a meeting. A repeat changes nothing and writes nothing.
func (f *Flow) PaperPageSeen(ctx context.Context, a ids.Actor, file ids.AttachmentID, page int) error {
	if a.Kind != ids.ActorMother {
		return ids.ErrNotFound
	}
	papers, err := f.st.PapersOfFile(ctx, file)
	if err != nil || len(papers) == 0 {
		return err
	}
	m, err := f.st.AttachmentMessage(ctx, file)
	if err != nil {
		return err
	}
	o, err := loadThread(ctx, f.st.Reader, a, m.Thread)
	if err != nil {
		return err
	}
	if err := policy.Decide(o.about(policy.ReadMessage, m)).Err(); err != nil {
		return err
	}
	for _, p := range papers {
		if err := same(f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
			added, err := tx.AddPaperPage(p.ID, page)
			if err == nil && !added {
				err = errSame
			}
			return audit.PaperSeen(m.Case, m.Thread, p.Meeting, p.ID, page), err
		})); err != nil {
			return err
		}
	}
	return nil
}

func newestFirst(list []FileChoice) {
	slices.SortStableFunc(list, func(x, y FileChoice) int { return y.At.Compare(x.At) })
}

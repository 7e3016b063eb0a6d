package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// beforeMeetings makes meetings ready: Carys has chosen how she takes part, said what she thinks (it waits to be read) and has a paper; Maya has been asked nothing yet about Ella's
// education plan, and it is not known who runs that.
func (d *demoMaker) beforeMeetings() error {
	cal, today := workdays.EnglandAndWales(), d.s.Store.Today()
	at := cal.Add(today, 3).At(10, 30)
	_, err := d.f.CreateMeeting(d.ctx, d.as("rhian"), flow.NewMeeting{Case: d.cases["maya"], Kind: meetings.PersonalEducationPlan, Title: "Ella's education plan", Starts: at, Ends: at.Add(time.Hour),
		Guests: []ids.ContactID{d.contacts["hannah"]}, About: []ids.ChildID{d.children["Ella Reed"]}, Venue: anywhere, IdemKey: "demo-education"})
	if err != nil {
		return err
	}
	her := ids.MotherActor(d.mothers["carys"])
	list, err := d.f.MeetingsOf(d.ctx, her)
	if err != nil || len(list) == 0 {
		return errors.Join(err, errors.New("the demo: no meeting is planned for Carys"))
	}
	id := list[0].ID
	paper := flow.NewPaper{Meeting: id, Kind: "worker_report", IdemKey: "demo-report", Summary: "The social worker says that Nia is doing well at school. She asks for more calls with you.",
		New: store.NewFile{Attachment: messages.Attachment{Name: "report-for-review.pdf", MediaType: "application/pdf"},
			Content: onePage("Report for the review of Nia Bevan", "", "Nia is settled and goes to school every day.", "She misses her mother and asks for a second call a week.")}}
	_, err2 := d.f.AddPaper(d.ctx, d.workerOf("carys"), paper)
	err = errors.Join(err2, d.f.ChooseAttendance(d.ctx, her, id, meetings.Choice{How: meetings.HowVideo, Beside: meetings.BesidePact}),
		d.f.SaveAnswer(d.ctx, her, id, "how", "She sounds happy on the phone. She told me about her drawing."),
		d.f.SaveAnswer(d.ctx, her, id, "next", "I would like two calls a week."),
		d.f.SaveAnswer(d.ctx, her, id, "ask", "Can she bring her drawings when she visits?"))
	if err != nil {
		return err
	}
	_, err = d.f.SendContribution(d.ctx, her, flow.NewContribution{Meeting: id, Lang: "en", IdemKey: "demo"})
	return err
}

// onePage is a PDF of one page with lines of text, for files that people in the demo send.
func onePage(lines ...string) []byte {
	var text strings.Builder
	text.WriteString("BT /F1 14 Tf 60 770 Td 24 TL\n")
	for _, l := range lines {
		text.WriteString("(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(l) + ") Tj T*\n")
	}
	text.WriteString("ET")
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String()), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
	var b, xref bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	for i, o := range objects {
		fmt.Fprintf(&xref, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	at := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref.String(), len(objects)+1, at)
	return b.Bytes()
}

package main

import (
	"net/http"
	"net/url"
	"time"

	"kinbridge/adapters/web"
)

// sample is what the gallery's templates show.
type sample struct {
	Bar      web.IdentityBar
	Sub      web.SubNavigation
	Side     web.SubNavigation
	Summary  web.SummaryList
	Table    web.Table
	Empty    web.Table
	Pages    web.Pagination
	Messages web.Messages
	Timeline web.Timeline
	Options  []web.Option
}

// gallery shows the page "gallery"; ?state=error and ?state=empty show it in those states.
func gallery(pages *web.Pages) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		page := web.Page{Title: "Component gallery", Data: newSample(r), Back: &web.Link{Href: "./"},
			User: &web.User{Name: "Asha Example", Role: "Pact worker", SignOut: r.URL.Path},
			Nav: []web.NavItem{
				{Text: "Home", Href: "./", Current: true},
				{Text: "Cases", Href: "./?page=2"},
				{Text: "To check", Href: "./?page=3", Count: 3, CountText: "waiting"},
				{Text: "Meetings", Href: "./?page=4"},
			},
		}
		switch r.URL.Query().Get("state") {
		case "error":
			page.Form = &web.Form{Values: url.Values{"name": {"x"}}}
			page.Form.Fail("name", "Enter a full name")
			page.Form.Fail("kind", "Choose how to send it")
			page.Form.Fail("body", "Write the message")
		case "empty":
			page.Data = sample{Empty: web.Table{Caption: "Waiting", Empty: "Nothing is waiting for you."}, Options: newSample(r).Options}
		default:
			page.Banner = &web.Banner{Kind: "success", Heading: "Message released", Text: "It is on its way to the local authority.", Link: &web.Link{Text: "See the thread", Href: "./"}}
		}
		return pages.Render(w, r, http.StatusOK, "gallery", page)
	}
}

func newSample(r *http.Request) sample {
	day := time.Date(2026, time.November, 23, 14, 0, 0, 0, time.UTC)
	summer := time.Date(2026, time.June, 1, 11, 0, 0, 0, time.UTC)
	return sample{
		Bar: web.IdentityBar{Title: "Jane Example", Lines: []string{"A1234BC", "HMP Example, B wing"},
			Badges:  []web.Badge{{Text: "Restriction", Colour: "red"}},
			Actions: []web.Button{{Text: "Write a message", Href: "./"}}},
		Sub:  web.SubNavigation{Label: "Case", Items: []web.NavItem{{Text: "People", Href: "./", Current: true}, {Text: "Threads", Href: "./?page=2", Count: 2}, {Text: "Meetings", Href: "./?page=3"}}},
		Side: web.SubNavigation{Label: "Settings", Items: []web.NavItem{{Text: "Users", Href: "./", Current: true}, {Text: "Templates", Href: "./?page=2"}}},
		Summary: web.SummaryList{Rows: []web.SummaryRow{
			{Key: "Mother", Lines: []string{"Jane Example"}, Actions: []web.Link{{Text: "Change", Href: "./", Hidden: "mother"}}},
			{Key: "Child’s social worker", Lines: []string{"Sam Sample", "sam.sample@council.example"}, Actions: []web.Link{{Text: "Change", Href: "./", Hidden: "social worker"}, {Text: "Hand over", Href: "./", Hidden: "social worker"}}},
			{Key: "State", Tag: &web.Tag{Text: "Being checked", Colour: "yellow"}},
		}},
		Table: web.Table{Caption: "Cases", Columns: []web.Column{web.SortColumn(r, "name", "Mother"), web.SortColumn(r, "since", "Waiting since"), {Title: "State"}, {Title: "Messages", Numeric: true}},
			Rows: [][]web.Cell{
				{{Text: "Jane Example", Href: "./", Small: "A1234BC"}, {At: day}, {Tag: &web.Tag{Text: "Being checked", Colour: "yellow"}}, {Text: "12", Numeric: true}},
				{{Text: "Mary Sample", Href: "./?page=2", Small: "A2345CD"}, {At: summer}, {Tag: &web.Tag{Text: "Read", Colour: "green"}}, {Text: "3", Numeric: true}},
			}},
		Empty: web.Table{Caption: "Waiting", Empty: "Nothing is waiting for you."},
		Pages: web.Paginate(r, web.PageOf(r), 12),
		Messages: web.Messages{Label: "Thread with Sampleshire", Items: []web.MessageItem{
			{ID: "1", Sender: "Jane Example", Sent: true, At: summer, Body: "Dear Sam,\n\nWhen is the review?\nI would like to come.", Status: []web.Tag{{Text: "Read", Colour: "green"}}},
			{ID: "2", Sender: "Sam Sample, Sampleshire", At: day, Body: "It is on Monday at 2pm.", Quoted: "When is the review?\nI would like to come.", QuotedLabel: "What she quoted",
				Status: []web.Tag{{Text: "Being checked", Colour: "yellow"}}, Links: []web.Link{{Text: "invitation.pdf, 24 KB", Href: "./"}}},
		}},
		Timeline: web.Timeline{Items: []web.TimelineItem{
			{Title: "Message released", By: "Asha Example", At: day, Lines: []string{"To Sampleshire"}, Link: &web.Link{Text: "See the message", Href: "./"}},
			{Title: "Message written", By: "Jane Example", At: summer},
		}},
		Options: []web.Option{{Value: "official", Text: "Official", Hint: "May be checked before it is sent"}, {Value: "confidential", Text: "Confidential"}},
	}
}

package web

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Link is a link; Hidden is said to screen readers after the text ("Change" … "date of birth").
type Link struct{ Text, Href, Hidden string }

// Banner is a GOV.UK notification banner: kind "success" or "" for important.
type Banner struct {
	Kind, Heading, Text string
	Link                *Link
}

// Tag is a GOV.UK tag: colour "", grey, green, turquoise, blue, light-blue, purple, pink, red, orange or yellow. The words
// must say it all; the colour only repeats them.
type Tag struct{ Text, Colour string }

// Badge is an MoJ badge: colour "", purple, bright-purple, red, green, blue, black, grey.
type Badge struct{ Text, Colour string }

// Button is a GOV.UK button. With Href it is a link that looks like one.
type Button struct {
	Text, Href, Name, Value string
	Kind                    string // "", secondary, warning
	Hidden                  string // said to screen readers after the text
}

// SummaryList is a list of names and values.
type SummaryList struct {
	Rows     []SummaryRow
	NoBorder bool
}

// HasActions reports whether any row has something to do: then the others leave its column free.
func (l SummaryList) HasActions() bool {
	return slices.ContainsFunc(l.Rows, func(r SummaryRow) bool { return len(r.Actions) > 0 })
}

// SummaryRow is one row; several Lines show one below the other.
type SummaryRow struct {
	Key     string
	Lines   []string
	Link    *Link // the value as a link, instead of Lines
	Tag     *Tag
	Actions []Link
}

// Row makes a SummaryRow of one line.
func Row(key, value string) SummaryRow { return SummaryRow{Key: key, Lines: []string{value}} }

// Table is a table whose columns are sorted by the server, by links.
type Table struct {
	Caption       string
	CaptionHidden bool // the heading above says it already
	Columns       []Column
	Rows          [][]Cell
	Empty         string // said instead of a table without rows
}

// Column is one column; SortHref makes its heading a link, Sorted is "", "ascending" or "descending" (aria-sort).
type Column struct {
	Title, SortHref, Sorted string
	Numeric                 bool
}

// Cell is one cell: words, perhaps as a link, perhaps with a tag, or a time.
type Cell struct {
	Text, Href string
	Small      string // a second, smaller line
	Tag        *Tag
	At         time.Time // written as date and time when not zero
	Numeric    bool
}

// SortColumn makes a heading that sorts by key: it links to the same page with ?sort=key, or ?sort=-key to turn the order
// round. The page stays the same otherwise, from its first page of results.
func SortColumn(r *http.Request, key, title string) Column {
	query := r.URL.Query()
	c := Column{Title: title}
	next := key
	switch query.Get("sort") {
	case key:
		c.Sorted, next = "ascending", "-"+key
	case "-" + key:
		c.Sorted = "descending"
	}
	query.Set("sort", next)
	query.Del("page")
	c.SortHref = localTarget(r.URL.Path, query)
	return c
}

// SortOf reads ?sort= as SortColumn writes it; a key that is not allowed gives the first allowed, ascending.
func SortOf(r *http.Request, allowed ...string) (key string, descending bool) {
	sort := r.URL.Query().Get("sort")
	if len(sort) > 1 && sort[0] == '-' {
		sort, descending = sort[1:], true
	}
	for _, a := range allowed {
		if a == sort {
			return sort, descending
		}
	}
	if len(allowed) == 0 {
		return "", false
	}
	return allowed[0], false
}

// Pagination is the row of page links under a list.
type Pagination struct {
	Previous, Next string // addresses, "" when there is none
	Items          []PageItem
}

// PageItem is one number, or a gap when Number is 0.
type PageItem struct {
	Number  int
	Href    string
	Current bool
}

// PageOf reads ?page=, from 1 up.
func PageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}

// Paginate makes the links of page current of pages, on the address of the request. One page needs no links.
func Paginate(r *http.Request, current, pages int) Pagination {
	var p Pagination
	if pages < 2 {
		return p
	}
	current = min(max(current, 1), pages)
	href := func(n int) string {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(n))
		return localTarget(r.URL.Path, query)
	}
	last := 0
	for n := 1; n <= pages; n++ {
		if n != 1 && n != pages && (n < current-1 || n > current+1) {
			continue
		}
		if n > last+1 {
			p.Items = append(p.Items, PageItem{})
		}
		p.Items = append(p.Items, PageItem{Number: n, Href: href(n), Current: n == current})
		last = n
	}
	if current > 1 {
		p.Previous = href(current - 1)
	}
	if current < pages {
		p.Next = href(current + 1)
	}
	return p
}

// Messages is a conversation, as a labelled section of MoJ messages.
type Messages struct {
	Label string
	Items []MessageItem
}

// MessageItem is one message; Sent puts it on the side of the reader's own. Status says in words how far it has come.
type MessageItem struct {
	ID, Sender  string
	Sent        bool
	At          time.Time
	Body        string            // plain text; blank lines part paragraphs
	Marked      []MarkedParagraph // the body with places marked, in its place; nil = none is
	Lang        string            // of the body, when known and not the page's
	Quoted      string            // what the author quoted, folded away under QuotedLabel
	QuotedLabel string
	Status      []Tag
	Files       []FileItem
	Links       []Link // the original, "read aloud"
	Note        string
}

// MarkedParagraph is the lines of a paragraph.
type MarkedParagraph [][]Span

// Span is a piece of a line; Marks are the numbers of the notes to it.
type Span struct {
	Text  string
	Marks []int
}

// FileItem is a file of a message: what it is, what was found, a way to save it, and pictures of it. With Open the pictures are in sight;
// otherwise they are fetched when the reader opens them.
type FileItem struct {
	Name, About string // About: kind and size
	Status      Tag
	Notes       []string
	Download    *Link
	Words       *Link  // leads to what is read aloud of it
	See         string // words that open the pictures
	Open        bool
	Pictures    []Picture
}

// Picture is an image of ours.
type Picture struct{ Src, Alt string }

// Timeline is an MoJ timeline, newest first as the caller orders it.
type Timeline struct {
	HeadingLevel int // 2 to 4; 2 when 0
	Items        []TimelineItem
}

// TimelineItem is one event.
type TimelineItem struct {
	Title, By string
	At        time.Time
	Lines     []string
	Link      *Link
}

// IdentityBar says on every page of a case whose case it is.
type IdentityBar struct {
	Title   string
	Lines   []string
	Badges  []Badge
	Actions []Button
}

// SubNavigation is the second row of navigation, or the side navigation of a section.
type SubNavigation struct {
	Label string // what the navigation is about, for screen readers
	Items []NavItem
}

// Details is a disclosure; Warning and inset text are plain strings to their templates.
type Details struct{ Summary, Text string }

// Panel is the green confirmation panel.
type Panel struct{ Title, Text string }

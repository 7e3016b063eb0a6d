package web

// RoomStage is a meeting on a page: the markup that ts/room/stage.ts fills. A page shows it with {{template "room-stage" .Data.Stage}}, imports
// css/_room.css into its face's style sheet, and starts the stage from its face's script. It is the page's only h1. Buttons of a face's own
// go into the template "room-extra", which a page may define.
type RoomStage struct {
	Title     string
	WS        string // address of the signalling socket, such as flow.RoomTicket.Path
	Ticket    string // a fresh ticket; "" = the stage fetches one
	TicketURL string // where a POST answers {"ticket": "…"}: at the start without Ticket, and after a long interruption
	Policy    string // "relay" sends everything through TURN
	Host      bool   // offers the lobby, muting, removing and ending; the room decides whether they work
	Back      string // says when the mother is to be taken back; "" = not known, or not for the reader to know
	After     *Link  // where to go when it is over
}

package flow

import (
	"time"
	_ "time/tzdata" // Europe/London wherever we run

	"kinbridge/gateway/ids"
)

// ErrNothingToSend says that the world has moved on: a delivery is past sending, a meeting was cancelled or a newer code has replaced the
// one the mail would bring. The item is done without a mail.
var ErrNothingToSend = ids.E(ids.Conflict, "There is nothing left to send.")

var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic("flow: the embedded zone database has no Europe/London: " + err.Error())
	}
	return l
}()

package flow

import "kinbridge/gateway/ids"

// ErrNothingToSend says that the world has moved on: a delivery is past sending, a meeting was cancelled or a newer code has replaced the
// one the mail would bring. The item is done without a mail.
var ErrNothingToSend = ids.E(ids.Conflict, "There is nothing left to send.")

package messages

import "kinbridge/gateway/ids"

// Conflicts are what somebody is told who came second, by their codes. The faces have the same sentences in both languages.
var Conflicts = map[string]string{
	"decided_released": "Somebody else has already looked at this message and released it. It is on its way, and you need do nothing more. What happened is in the history of the case.",
	"decided_withheld": "Somebody else has already looked at this message and withheld it, so it was not passed on. If you think it should have been, speak to whoever reviews with you.",
	"decided_returned": "Somebody else has already looked at this message and returned it to its author, with an explanation. It will wait here again when it has been rewritten.",
	"decided_filed":    "Somebody else has already put this email into a conversation. Open the conversation to read it there.",
	"decided_moved":    "Somebody else has already moved this email to another case. It waits there, or for the people who sort mail.",
	"not_waiting":      "This message no longer waits for a decision, because somebody has decided it. Open the conversation to see what became of it.",
	"not_kept_back":    "This message was not kept back, so there is nothing to ask for. Open the conversation to see how far it has come.",
	"not_kept":         "This message is no longer kept, because somebody has let it go already. Open the conversation to see how far it has come.",
	"not_failed":       "This message no longer counts as undelivered: it was sent again, or has arrived. Open the conversation to see how far it has come.",
}

func conflict(code string) error { return ids.Coded(ids.Conflict, code, Conflicts[code]) }

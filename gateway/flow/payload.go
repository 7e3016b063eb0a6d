package flow

import (
	"encoding/json"

	"kinbridge/gateway/ids"
)

// payloadOf reads the payload of an outbox item of mail that is no message.
func payloadOf[T any](payload json.RawMessage) (v T, err error) {
	if err := json.Unmarshal(payload, &v); err != nil {
		return v, ids.Wrap(ids.Invalid, err, "The mail's payload cannot be read.")
	}
	return v, nil
}

package audit

import (
	"bytes"
	"encoding/base64"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"kinbridge/gateway/ids"
)

// RecordSigner signs texts that leave the house with the log's key. A text is no checkpoint: it begins with a title of its own, and a checkpoint
// with the log's name (OpenCheckpoint refuses anything else), so that neither can pass for the other.
type RecordSigner struct{ signer note.Signer }

// NewRecordSigner makes a signer of the log's signer key.
func NewRecordSigner(skey string) (*RecordSigner, error) {
	s, err := note.NewSigner(skey)
	if err != nil {
		return nil, ids.E(ids.Invalid, "The audit log's signer key cannot be read.")
	}
	return &RecordSigner{s}, nil
}

// Sign returns a text in the C2SP signed-note format. The text ends with a line feed and its first line is not the log's name.
func (s *RecordSigner) Sign(text string) ([]byte, error) {
	if strings.HasPrefix(text, OriginPrefix) {
		return nil, ids.E(ids.Invalid, "A record does not begin like a checkpoint.")
	}
	return note.Sign(&note.Note{Text: text}, s.signer)
}

// maxRecord bounds a record that is read.
const maxRecord = 1 << 20

// OpenRecord verifies a signed record with nothing but the log's verifier key and returns its text and the log's name. title is the first line it must
// have. Mail programs may have changed the line ends, or added some at the end: those count for nothing, every other byte does.
func OpenRecord(file []byte, vkey, title string) (text, origin string, err error) {
	keys, err := Verifiers(vkey)
	if err != nil {
		return "", "", err
	}
	if len(file) > maxRecord {
		return "", "", errRecordFormat
	}
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	file = append(bytes.TrimRight(bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n")), "\n"), '\n')
	if !bytes.HasPrefix(file, []byte(title+"\n")) {
		return "", "", errRecordFormat
	}
	n, err := note.Open(file, keys)
	if err != nil {
		return "", "", ids.Wrap(ids.Invalid, err, "This record is not signed with this key, or it was changed.")
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", "", errRecordFormat
	}
	sig, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64)
	if err != nil || !bytes.Equal(file, []byte(n.Text+"\n— "+n.Sigs[0].Name+" "+base64.StdEncoding.EncodeToString(sig)+"\n")) {
		return "", "", errRecordFormat
	}
	return n.Text, n.Sigs[0].Name, nil
}

var errRecordFormat = ids.E(ids.Invalid, "This is not a record that Kinbridge signed, or it was changed.")

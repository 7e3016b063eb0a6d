package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"

	"kinbridge/adapters/email/smtpin/smtpload"
)

const mailSize = 10 << 10

// corpus is what is sent to either program, byte for byte but for the addresses in it.
type corpus struct {
	smtpload.Corpus
	keyRecord string // the senders' DKIM key as the DNS has it (RFC 6376 section 3.6.1)
}

func newCorpus() (corpus, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return corpus{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	return corpus{smtpload.Corpus{Size: mailSize, Words: "bench", Signer: key}, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)}, err
}

// mails makes n mails before any clock starts. address says from and to whom each goes.
func (c corpus) mails(n int, address func(n int) (from, to string)) ([]smtpload.Mail, error) {
	out := make([]smtpload.Mail, n)
	for i := range out {
		from, to := address(i)
		var err error
		if out[i], err = c.Mail(i, from, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

package main

import (
	"context"

	"kinbridge/adapters/email/imapin"
)

// startIMAP watches the configured mailboxes.
func (s *service) startIMAP(context.Context) error {
	accounts, err := s.Config.Mail.accounts()
	if err != nil || len(accounts) == 0 {
		return err
	}
	w := imapin.Start(s.Flow, imapin.Config{MaxBytes: int64(s.Config.Mail.MaxMB) << 20, Metrics: imapin.NewMetrics(s.registry), Log: s.Log}, accounts...)
	s.onStop(func(context.Context) error { w.Close(); return nil })
	return nil
}

// receives says in words where mail comes in.
func (s *service) receives() string {
	if s.smtp == nil {
		return "fetches mail by IMAP"
	}
	return "receives mail at " + s.smtp.Addr().String()
}

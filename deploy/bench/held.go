package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"kinbridge/adapters/email/smtpin/smtpload"
)

// heldTimes measures, at a steady hundred mails a second over ten connections, how long it takes from the end of a mail's DATA until the
// message and its hold are in the database for everybody to see. Another program looks, so that nothing counts that was not committed. The
// result is sorted.
func heldTimes(ctx context.Context, bin string, c corpus, mails int) (took []time.Duration, err error) {
	k, err := startKinbridge(ctx, bin, c.keyRecord)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := k.stop(); err == nil {
			err = e
		}
	}()
	list, err := c.mails(mails, k.address)
	if err != nil {
		return nil, err
	}
	took = make([]time.Duration, mails)
	sent := make([]time.Time, mails)
	var wg sync.WaitGroup
	var failed sync.Map
	_, err = smtpload.Load{Addr: k.ready.SMTP, Connections: 10, Mails: mails, Every: 10 * time.Millisecond,
		Make: func(n int) smtpload.Mail { return list[n] },
		Sent: func(n int) { sent[n] = time.Now() },
		Answered: func(n int, _ smtpload.Mail) {
			wg.Go(func() {
				for ctx.Err() == nil {
					ok, err := k.db.held(ctx, fmt.Sprintf("%s.%d@load.example", c.Words, n))
					if err != nil {
						failed.Store(n, err)
						return
					}
					if ok {
						took[n] = time.Since(sent[n])
						return
					}
					time.Sleep(time.Millisecond)
				}
			})
		}}.Run(ctx)
	wg.Wait()
	failed.Range(func(_, e any) bool { err = e.(error); return false })
	slices.Sort(took)
	return took, err
}

// Package files looks at the files that come with mail: what they are by their content (package sniff), whether ClamAV knows them, and how they
// can be shown without opening them: pictures drawn anew, pages of documents as pictures.
package files

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"kinbridge/adapters/email/files/sniff"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/messages"
)

// Config says what mail may bring and which programs help. The zero value allows the default kinds, scans nothing and draws pictures only.
type Config struct {
	Allow    []string // of sniff.GroupNames; nil = sniff.DefaultAllow
	Clamd    string   // socket of a ClamAV daemon: a path or HOST:PORT; "" = files are not scanned
	PDFToPPM string   // program that draws the pages of a PDF; "" = none
	Soffice  string   // program that makes a PDF of office documents; "" = none
	TempDir  string   // "" = the system's
}

// Checker is the flow's FileChecker. It is safe for concurrent use and looks at one file at a time: each may need hundreds of megabytes for
// a moment.
type Checker struct {
	allowed map[sniff.Type]bool
	clamd   *Clamd
	pager   Pager
	turn    chan struct{}
}

var _ flow.FileChecker = (*Checker)(nil)

// New returns a checker. The error names the setting that cannot be used.
func New(cfg Config) (*Checker, error) {
	c := &Checker{turn: make(chan struct{}, 1), pager: Pager{TempDir: cfg.TempDir}}
	if cfg.Allow == nil {
		cfg.Allow = sniff.DefaultAllow
	}
	var unknown string
	if c.allowed, unknown = sniff.Allow(cfg.Allow); unknown != "" {
		return nil, fmt.Errorf("allow: %q is none of %v", unknown, sniff.GroupNames)
	}
	if cfg.Clamd != "" {
		d, err := NewClamd(cfg.Clamd)
		if err != nil {
			return nil, fmt.Errorf("clamd: %w", err)
		}
		c.clamd = &d
	}
	var err error
	if c.pager.PDFToPPM, err = program(cfg.PDFToPPM); err != nil {
		return nil, fmt.Errorf("pdftoppm: %w", err)
	}
	if c.pager.Soffice, err = program(cfg.Soffice); err != nil {
		return nil, fmt.Errorf("soffice: %w", err)
	}
	if c.pager.Soffice != "" && c.pager.PDFToPPM == "" {
		return nil, errors.New("soffice: it makes PDFs, so pdftoppm is needed too")
	}
	return c, nil
}

// program finds a configured program: a path, or a name to be looked for.
func program(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	return exec.LookPath(name)
}

// Pager is what draws pages, for sweeping its temporary files at start.
func (c *Checker) Pager() Pager { return c.pager }

// Scan implements flow.FileChecker.
func (c *Checker) Scan(ctx context.Context, content []byte) (messages.FileVerdict, error) {
	if c.clamd == nil || len(content) == 0 {
		return messages.FileVerdict{}, nil
	}
	finding, err := c.clamd.Scan(ctx, content)
	switch {
	case errors.Is(err, errScanLimit):
		return withheld(sniff.Sniff(content), messages.FileTooLarge), nil
	case err != nil:
		return messages.FileVerdict{}, err
	case finding != "":
		v := withheld(sniff.Sniff(content), messages.FileInfected)
		v.Finding = finding
		return v, nil
	}
	return messages.FileVerdict{}, nil
}

func withheld(t sniff.Type, why messages.FileReason) messages.FileVerdict {
	return messages.FileVerdict{State: messages.FileWithheld, Reason: why, Found: string(t)}
}

// Look implements flow.FileChecker.
func (c *Checker) Look(ctx context.Context, name string, content []byte) (messages.FileVerdict, []messages.FilePage, error) {
	r := sniff.Judge(name, content, c.allowed)
	if r.Reason != "" {
		return withheld(r.Type, r.Reason), nil, nil
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return messages.FileVerdict{}, nil, ctx.Err()
	}
	var pages []messages.FilePage
	var total int
	var why messages.FileReason
	if c.pager.Can(r.Type) {
		var err error
		if pages, total, why, err = c.pager.Pages(ctx, r.Type, content); err != nil {
			return messages.FileVerdict{}, nil, err
		}
	} else {
		var page messages.FilePage
		if page, total, why = Redraw(r.Type, content); why == "" {
			pages = []messages.FilePage{page}
		}
	}
	v := withheld(r.Type, why)
	switch why {
	case "":
		v.State, v.Shown, v.Total = messages.FileShown, len(pages), total
	case messages.FileNoViewer:
		v.State = messages.FileListed
	}
	if r.Actions {
		v.Finding = messages.FindingActions
	}
	return v, pages, nil
}

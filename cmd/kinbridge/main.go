// Command kinbridge is the whole product: one binary, one file for each subcommand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"kinbridge/gateway/ids"
)

// cli is every subcommand.
type cli struct {
	Serve       serveCmd       `cmd:"" help:"Run the gateway and the meeting rooms."`
	Demo        demoCmd        `cmd:"" help:"Make a world of invented people, run it with a pretend council mailbox, and print where to click."`
	Migrate     migrateCmd     `cmd:"" help:"Make the database, or bring its schema up to this program's."`
	Audit       auditCmd       `cmd:"" help:"Verify the audit log, and prove single entries of it."`
	User        userCmd        `cmd:"" help:"Manage who signs in to the staff site."`
	Authorities authoritiesCmd `cmd:"" help:"Enter how local authorities' duty teams are reached."`
	Kiosk       kioskCmd       `cmd:"" help:"Enrol and withdraw kiosks."`
	Mail        mailCmd        `cmd:"" help:"Look into mail."`
	Invite      inviteCmd      `cmd:"" help:"Look into invitations to meetings."`
	Custody     custodyCmd     `cmd:"" help:"Import custody events, and name the prisons' codes."`
	Report      reportCmd      `cmd:"" help:"Count the caseload, meetings, answers and goals of all cases."`
	Policy      policyCmd      `cmd:"" help:"Explain the rules."`
	Version     versionCmd     `cmd:"" help:"Print the program's version."`
}

// errSilent ends the program with status 1; what there was to say has been said.
var errSilent = errors.New("")

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program without the process around it; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	exit := -1
	parser, err := kong.New(&c, kong.Name("kinbridge"), kong.UsageOnError(), kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
		kong.Description("The gateway through which mothers in prison take part in decisions about their children."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(&output{stdout, stderr}))
	if err != nil {
		fmt.Fprintln(stderr, "kinbridge:", err)
		return 2
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // --help was asked for and printed
		return exit
	}
	if err != nil {
		fmt.Fprintln(stderr, "kinbridge:", err)
		return 2
	}
	err = k.Run()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errSilent):
		return 1
	}
	fmt.Fprintln(stderr, "kinbridge:", words(err))
	return 1
}

// words says an error to an operator: with its cause, which other people are never shown.
func words(err error) string {
	var e *ids.Error
	if errors.As(err, &e) && e.Cause == nil {
		return e.Public
	}
	return err.Error()
}

// output is where a subcommand writes.
type output struct{ Out, Err io.Writer }

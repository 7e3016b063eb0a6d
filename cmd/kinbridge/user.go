package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pquerna/otp/totp"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Give somebody access and print what she signs in with."`
	List    userListCmd    `cmd:"" help:"List everybody who has or had access."`
	Disable userDisableCmd `cmd:"" help:"End somebody's access at once: all of it, or one appointment."`
	Token   userTokenCmd   `cmd:"" help:"Make a bearer token for the API that acts for somebody, in one appointment."`
	Code    userCodeCmd    `cmd:"" help:"Print a demo person's present sign-in code."`
}

type userAddCmd struct {
	worldFlags
	Email      string `arg:"" help:"Her work email address, with which she signs in."`
	Name       string `required:"" help:"Her name, as others see it."`
	Role       string `required:"" enum:"pact_worker,family_engagement_worker,offender_manager,wing_officer,public_protection,administrator" help:"One of ${enum}."`
	Agency     string `required:"" help:"Where she works: the agency's name or identifier."`
	AgencyKind string `placeholder:"KIND" help:"Make the agency, of this kind (establishment, authority, charity, law_firm, school, court), when there is none of that name."`
	Wing       string `help:"The wing she works on: its name or identifier. Wing officers need one; others have none."`
	Same       bool   `help:"Somebody signs in with this address already and it is the same person: give her one more appointment. She signs in as before and chooses."`
	From       string `placeholder:"DAY" help:"Its first day, as 2031-05-01. Without it: today."`
	To         string `placeholder:"DAY" help:"Its last day. Without it: it has no end."`
	WorkEmail  string `placeholder:"ADDRESS" help:"Where mail about this work goes, when not to the address with which she signs in."`
	Password   string `placeholder:"FILE" help:"A file with her password. Without it a password is made and printed once." type:"existingfile"`
}

// Help is shown by --help.
func (userAddCmd) Help() string {
	return `Prints the password, unless it was given, and the secret for her authenticator app (TOTP, RFC 6238). Neither can be shown again.

  kinbridge user add --dir D --name "Alex Moor" --role administrator --agency Pact --agency-kind charity alex.moor@pact.example
  kinbridge user add --dir D --name "Kit Marsh" --role wing_officer --agency "HMP Fenbrook" --wing "A wing" kit.marsh@fenbrook.example

Somebody who works for two agencies has one sign-in and an appointment at each:

  kinbridge user add --dir D --same --name "Nell Archer" --role offender_manager --agency "HMP Larkfield" nell.archer@pact.example`
}

// Run adds a user.
func (c userAddCmd) Run(ctx context.Context, out *output) error {
	return c.changing(ctx, func(w *world) error {
		in := flow.NewStaff{Email: c.Email, Name: c.Name, Role: ids.Role(c.Role), Known: c.Same, WorkEmail: c.WorkEmail}
		var err error
		if in.From, err = dayFlag(c.From); err != nil {
			return err
		}
		if in.To, err = dayFlag(c.To); err != nil {
			return err
		}
		if in.Password, err = c.password(); err != nil {
			return err
		}
		if in.Agency, err = findAgency(ctx, w, c.Agency, people.AgencyKind(c.AgencyKind)); err != nil {
			return err
		}
		if c.Wing != "" {
			if in.Wing, err = findWing(ctx, w, in.Agency, c.Wing); err != nil {
				return err
			}
		}
		if (in.Role == ids.RoleWingOfficer) != (in.Wing != "") {
			return ids.E(ids.Invalid, "A wing officer needs --wing, and nobody else has one.")
		}
		id, secret, err := w.Flow.CreateStaff(ctx, operator, in)
		if ids.KindOf(err) == ids.Conflict && !c.Same {
			return ids.E(ids.Conflict, "%s That is --same.", ids.Public(err))
		}
		if err != nil {
			return err
		}
		email := people.NormaliseEmail(c.Email)
		fmt.Fprintf(out.Out, "user      %s\nemail     %s\nrole      %s\n", id, email, c.Role)
		if secret == "" {
			fmt.Fprintln(out.Out, "She signs in as before and chooses this appointment then.")
			return nil
		}
		if c.Password == "" {
			fmt.Fprintf(out.Out, "password  %s\n", in.Password)
		}
		fmt.Fprintf(out.Out, "totp      %s\n          otpauth://totp/Kinbridge:%s?secret=%s&issuer=Kinbridge\n", secret, url.PathEscape(email), secret)
		return nil
	})
}

func (c userAddCmd) password() (string, error) {
	if c.Password == "" {
		return ids.Secret(15), nil
	}
	b, err := os.ReadFile(c.Password)
	return strings.TrimRight(string(b), "\r\n"), err
}

// findAgency finds an agency by name or identifier, or makes it when a kind was given.
func findAgency(ctx context.Context, w *world, name string, kind people.AgencyKind) (ids.AgencyID, error) {
	list, err := w.Flow.Agencies(ctx, "")
	if err != nil {
		return "", err
	}
	var names []string
	for _, a := range list {
		if string(a.ID) == name || strings.EqualFold(a.Name, name) {
			return a.ID, nil
		}
		names = append(names, a.Name)
	}
	if kind == "" {
		known := "none yet"
		if len(names) > 0 {
			known = strings.Join(names, ", ")
		}
		return "", ids.E(ids.NotFound, "There is no agency %q. Known: %s. To make it, say of what kind: --agency-kind charity, for example.", name, known)
	}
	kinds := []people.AgencyKind{people.Establishment, people.Authority, people.Charity, people.LawFirm, people.School, people.Court}
	if !slices.Contains(kinds, kind) {
		return "", ids.E(ids.Invalid, "There is no kind of agency %q. The kinds are %v.", kind, kinds)
	}
	return w.Flow.CreateAgency(ctx, operator, kind, name, "")
}

func findWing(ctx context.Context, w *world, of ids.AgencyID, name string) (ids.WingID, error) {
	list, err := w.Flow.Wings(ctx, of)
	if err != nil {
		return "", err
	}
	var names []string
	for _, x := range list {
		if string(x.ID) == name || strings.EqualFold(x.Name, name) {
			return x.ID, nil
		}
		names = append(names, x.Name)
	}
	return "", ids.E(ids.NotFound, "There is no wing %q in this establishment. Its wings: %s.", name, strings.Join(names, ", "))
}

// dayFlag reads a day that may be left out.
func dayFlag(text string) (workdays.Day, error) {
	if text == "" {
		return 0, nil
	}
	day, err := workdays.Parse(text)
	if err != nil {
		return 0, ids.E(ids.Invalid, "%q is no day: write it as 2031-05-01.", text)
	}
	return day, nil
}

// findPerson finds somebody by the address that she signs in with, with her appointments.
func findPerson(ctx context.Context, w *world, email string) (people.Person, []people.Staff, error) {
	p, err := w.Store.PersonByEmail(ctx, people.NormaliseEmail(email))
	if ids.KindOf(err) == ids.NotFound {
		return p, nil, ids.E(ids.NotFound, "Nobody with the email address %q has access. kinbridge user list shows who has.", email)
	}
	if err != nil {
		return p, nil, err
	}
	posts, err := w.Store.StaffOfPerson(ctx, p.ID)
	return p, posts, err
}

// whichPost names one of a person's appointments, where she has several.
type whichPost struct {
	Agency string `help:"Of which appointment: the agency's name or identifier, when she has several."`
	Role   string `help:"And the role, when she has several there."`
}

// of returns the one appointment that is meant among those that were not ended.
func (c whichPost) of(ctx context.Context, w *world, posts []people.Staff) (people.Staff, error) {
	var agency ids.AgencyID
	var err error
	if c.Agency != "" {
		if agency, err = findAgency(ctx, w, c.Agency, ""); err != nil {
			return people.Staff{}, err
		}
	}
	posts = slices.DeleteFunc(slices.Clone(posts), func(s people.Staff) bool {
		return s.Ended || agency != "" && s.Agency != agency || c.Role != "" && string(s.Role) != c.Role
	})
	switch len(posts) {
	case 0:
		return people.Staff{}, ids.E(ids.Conflict, "She has no such appointment now: her access was ended.")
	case 1:
		return posts[0], nil
	}
	return people.Staff{}, ids.E(ids.Invalid, "She has %d appointments: say which with --agency, and --role when she has several there.", len(posts))
}

type userListCmd struct{ worldFlags }

// Run lists users.
func (c userListCmd) Run(ctx context.Context, out *output) error {
	return c.inWorld(ctx, func(w *world) error {
		list, err := w.Flow.Users(ctx, operator)
		if err != nil {
			return err
		}
		agencies, err := w.Flow.Agencies(ctx, "")
		if err != nil {
			return err
		}
		names := map[ids.AgencyID]string{}
		for _, a := range agencies {
			names[a.ID] = a.Name
		}
		t := tabwriter.NewWriter(out.Out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(t, "EMAIL\tNAME\tROLE\tAGENCY\tSTATE\tID")
		for _, s := range list {
			p, err := w.Store.Person(ctx, s.Person)
			if err != nil {
				return err
			}
			state := "active"
			switch {
			case s.Disabled && !s.Ended && s.To == 0:
				state = "from " + s.From.String()
			case s.Disabled:
				state = "disabled"
			case s.To != 0:
				state = "until " + s.To.String()
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Email, s.Name, s.Role, names[s.Agency], state, s.ID)
		}
		return t.Flush()
	})
}

type userDisableCmd struct {
	worldFlags
	whichPost
	Email string `arg:"" help:"The email address with which she signs in."`
}

// Help is shown by --help.
func (userDisableCmd) Help() string {
	return `Without --agency or --role all her access ends. With them one appointment does: its sessions, tokens and claims end, the others stay.`
}

// Run ends a user's access.
func (c userDisableCmd) Run(ctx context.Context, out *output) error {
	return c.changing(ctx, func(w *world) error {
		p, posts, err := findPerson(ctx, w, c.Email)
		if err != nil {
			return err
		}
		if c.whichPost != (whichPost{}) {
			s, err := c.of(ctx, w, posts)
			if err != nil {
				return err
			}
			if err := w.Flow.DisableStaff(ctx, operator, s.ID); err != nil {
				return err
			}
			fmt.Fprintf(out.Out, "%s no longer acts as %s there; her other appointments stay.\n", p.Email, s.Role)
			return nil
		}
		if err := w.Flow.DisablePerson(ctx, operator, p.ID); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s can no longer sign in, and her sessions and tokens no longer work.\n", p.Email)
		return nil
	})
}

type userTokenCmd struct {
	worldFlags
	whichPost
	Email string `arg:"" help:"The email address of the person it acts for."`
	Name  string `required:"" help:"What the token is for, in a few words."`
	Days  int    `default:"90" help:"How many days it is good for, at most 366."`
}

// Help is shown by --help.
func (userTokenCmd) Help() string {
	return `The token is printed once. It may do what the person may do, by the same rules, and stops when her access is ended.

  kinbridge user token --dir D --name "case system" rhian.price@pact.example
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/api/v1/cases`
}

// Run makes a token.
func (c userTokenCmd) Run(ctx context.Context, out *output) error {
	if c.Days < 1 || c.Days > 366 {
		return ids.E(ids.Invalid, "A token is good for 1 to 366 days.")
	}
	return c.changing(ctx, func(w *world) error {
		_, posts, err := findPerson(ctx, w, c.Email)
		if err != nil {
			return err
		}
		s, err := c.of(ctx, w, posts)
		if err != nil {
			return err
		}
		token, err := w.Flow.IssueToken(ctx, operator, c.Name, s.ID, time.Now().AddDate(0, 0, c.Days))
		if err == nil {
			fmt.Fprintln(out.Out, token)
		}
		return err
	})
}

type userCodeCmd struct {
	worldFlags
	Email string `arg:"" help:"Her email address."`
}

// Help is shown by --help.
func (userCodeCmd) Help() string {
	return `Only in a world that kinbridge demo made: its people are invented and have no telephone. Elsewhere nobody but her own app tells her code.`
}

// Run prints a code.
func (c userCodeCmd) Run(ctx context.Context, out *output) error {
	return c.inWorld(ctx, func(w *world) error {
		if _, err := os.Stat(filepath.Join(w.Config.Dir, "demo.json")); err != nil {
			return ids.E(ids.Forbidden, "This world was not made by kinbridge demo: her code is on her own authenticator app.")
		}
		p, _, err := findPerson(ctx, w, c.Email)
		if err != nil {
			return err
		}
		secret, err := w.Store.PersonSecret(ctx, p.ID)
		if err != nil {
			return err
		}
		code, err := totp.GenerateCode(secret.TOTPSecret, time.Now())
		if err == nil {
			fmt.Fprintln(out.Out, code)
		}
		return err
	})
}

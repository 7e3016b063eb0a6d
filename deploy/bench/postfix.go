package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postfix is a private instance that delivers to one Maildir. It has what speeds it up and costs it nothing: no names looked up, no
// throttling of a fast sender, no log.
type postfix struct{ dir, addr string }

const masterCF = `%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
`

const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
daemon_directory = %[2]s
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
in_flow_delay = 0
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = bench.example
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = inline:{jo@bench.example=jo/}
virtual_uid_maps = static:%[3]d
virtual_gid_maps = static:%[4]d
virtual_minimum_uid = 1
smtpd_recipient_restrictions = permit_mynetworks, reject
`

const postfixRcpt = "jo@bench.example"

func startPostfix(ctx context.Context) (*postfix, error) {
	u, err := user.Lookup("postfix")
	if err != nil {
		return nil, fmt.Errorf("no user postfix: install the package postfix: %w", err)
	}
	if os.Geteuid() != 0 {
		return nil, errors.New("needs root to start the master process of Postfix: run this command with sudo")
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	dir, err := os.MkdirTemp("", "kinbridge-bench-postfix-")
	if err != nil {
		return nil, err
	}
	p := &postfix{dir: dir}
	if err := os.Chmod(dir, 0o755); err != nil { // its parts run as the user postfix
		return nil, err
	}
	for _, d := range []string{"conf", "queue", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	for _, d := range []string{"data", "mail"} {
		if err := os.Chown(filepath.Join(dir, d), uid, gid); err != nil {
			return nil, err
		}
	}
	if p.addr, err = freeAddr(); err != nil {
		return nil, err
	}
	daemons := "/usr/lib/postfix/sbin"
	if out, err := exec.CommandContext(ctx, "postconf", "-dh", "daemon_directory").Output(); err == nil && len(out) > 1 {
		daemons = strings.TrimSpace(string(out))
	}
	if err := os.WriteFile(filepath.Join(dir, "conf", "master.cf"), fmt.Appendf(nil, masterCF, p.addr), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "conf", "main.cf"), fmt.Appendf(nil, mainCF, dir, daemons, uid, gid), 0o644); err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, "postfix", "-c", filepath.Join(dir, "conf"), "start").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("postfix start: %w: %s", err, out)
	}
	return p, waitFor(p.addr)
}

// processorTime is what Postfix's master and all the processes it started have used.
func (p *postfix) processorTime() (time.Duration, error) {
	b, err := os.ReadFile(filepath.Join(p.dir, "queue", "pid", "master.pid"))
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, err
	}
	return processorTime(pid)
}

func (p *postfix) stop() error {
	out, err := exec.Command("postfix", "-c", filepath.Join(p.dir, "conf"), "stop").CombinedOutput()
	if err != nil {
		return fmt.Errorf("postfix stop: %w: %s", err, out)
	}
	return os.RemoveAll(p.dir)
}

// delivered counts the mails in the Maildir.
func (p *postfix) delivered() (int, error) {
	es, err := os.ReadDir(filepath.Join(p.dir, "mail", "jo", "new"))
	if err != nil && !os.IsNotExist(err) {
		return 0, err
	}
	return len(es), nil
}

// empty removes what was delivered, so that no run pays for the one before.
func (p *postfix) empty() error {
	return filepath.WalkDir(filepath.Join(p.dir, "mail"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			return os.Remove(path)
		}
		return err
	})
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func waitFor(addr string) error {
	var err error
	for range 200 {
		var c net.Conn
		if c, err = net.DialTimeout("tcp", addr, time.Second); err == nil {
			return c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("nothing listens at %s: %w", addr, err)
}

// Package imaptest starts a private Dovecot for tests: on free loopback ports, in a temporary folder, without any machine-wide service.
package imaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Password is every user's.
const Password = "a secret of the mailbox"

// Options change the server.
type Options struct {
	Capabilities string // instead of Dovecot's own, after sign-in: "IMAP4rev1 UIDPLUS"
	Introspect   string // URL of an OAuth introspection endpoint (RFC 7662); "" = no sign-in by token
}

// Dovecot is a running server. Every user name is taken, with Password; a mailbox is made when it is first used.
type Dovecot struct {
	Addr, TLSAddr string // plain with STARTTLS; TLS from the first byte
	CAFile        string // the certificate, which vouches for itself
	Pool          *x509.CertPool

	t        testing.TB
	dir      string
	uid, gid int
	cmd      *exec.Cmd
	next     atomic.Int64
}

// Start starts a server for the length of the test.
func Start(t testing.TB, o Options) *Dovecot {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/dovecot"); err != nil {
		t.Fatal("Dovecot is missing: install the package dovecot-imapd (deploy/dev/install.sh)")
	}
	dir, err := os.MkdirTemp("", "kb-dovecot-") // short: the paths of sockets are limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Dovecot{t: t, dir: dir, uid: os.Getuid(), gid: os.Getgid(), Addr: freePort(t), TLSAddr: freePort(t), CAFile: filepath.Join(dir, "cert.pem")}
	owner, group := d.owner()
	d.certificate()
	d.write("dovecot.conf", d.config(o, owner, group))
	d.write("oauth2.conf", fmt.Sprintf("introspection_mode = post\nintrospection_url = %s\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n", o.Introspect))
	if err := os.MkdirAll(filepath.Join(dir, "mail"), 0o755); err != nil {
		t.Fatal(err)
	}
	d.chown()
	d.Run()
	t.Cleanup(d.Kill)
	return d
}

// owner is who the mail belongs to: this user, or, as Dovecot serves no mail of root's, the system's "mail".
func (d *Dovecot) owner() (name, group string) {
	who := strconv.Itoa(d.uid)
	if d.uid == 0 {
		mail, err := user.Lookup("mail")
		if err != nil {
			d.t.Fatalf("running as root and there is no user mail: %v", err)
		}
		who = mail.Uid
	}
	u, err := user.LookupId(who)
	if err != nil {
		d.t.Fatal(err)
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		d.t.Fatal(err)
	}
	d.uid, _ = strconv.Atoi(u.Uid)
	d.gid, _ = strconv.Atoi(u.Gid)
	return u.Username, g.Name
}

func (d *Dovecot) config(o Options, owner, group string) string {
	_, plain, _ := net.SplitHostPort(d.Addr)
	_, secured, _ := net.SplitHostPort(d.TLSAddr)
	capability, oauth, mechanisms := "", "", "plain login"
	if o.Capabilities != "" {
		capability = "imap_capability = " + o.Capabilities
	}
	if o.Introspect != "" {
		oauth, mechanisms = "passdb {\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = "+d.dir+"/oauth2.conf\n}", mechanisms+" xoauth2 oauthbearer"
	}
	return strings.NewReplacer("DIR", d.dir, "OWNER", owner, "GROUP", group, "PLAIN", plain, "SECURED", secured, "PASSWORD", strings.ReplaceAll(Password, " ", "_"),
		"OAUTH", oauth, "MECHANISMS", mechanisms, "CAPABILITY", capability).Replace(`
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
disable_plaintext_auth = no
auth_mechanisms = MECHANISMS
auth_failure_delay = 0
CAPABILITY
mail_location = maildir:DIR/mail/%u
first_valid_uid = 1
default_internal_user = OWNER
default_internal_group = GROUP
default_login_user = OWNER
mail_max_userip_connections = 100
passdb {
 driver = static
 mechanisms = plain login
 args = password=PASSWORD
}
OAUTH
userdb {
 driver = static
 args = uid=OWNER gid=GROUP home=DIR/mail/%u
}
service imap-login {
 chroot =
 inet_listener imap {
  port = PLAIN
 }
 inet_listener imaps {
  port = SECURED
  ssl = yes
 }
}
service anvil {
 chroot =
}
service stats {
 chroot =
}
service old-stats {
 chroot =
}
`)
}

func (d *Dovecot) write(name, content string) {
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(content), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// chown gives the folder to the mail's owner, where this process may.
func (d *Dovecot) chown() {
	if os.Getuid() != 0 {
		return
	}
	if err := filepath.WalkDir(d.dir, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, d.uid, d.gid)
	}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Dovecot) certificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		d.t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "imap test"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		d.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		d.t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	d.write("cert.pem", string(cert))
	d.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	d.Pool = x509.NewCertPool()
	d.Pool.AppendCertsFromPEM(cert)
}

// Run starts the server, for the first time or after Kill, and waits until it answers.
func (d *Dovecot) Run() {
	d.t.Helper()
	d.cmd = exec.Command("/usr/sbin/dovecot", "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	out := &strings.Builder{}
	d.cmd.Stdout, d.cmd.Stderr = out, out
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", d.Addr); err == nil {
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, _ := c.Read(make([]byte, 4))
			_ = c.Close()
			if n == 4 {
				return
			}
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			d.Kill()
			d.t.Fatalf("Dovecot does not answer: %s%s", out, log)
		}
	}
}

// Kill ends the server and its sessions at once.
func (d *Dovecot) Kill() {
	if d.cmd == nil {
		return
	}
	_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	_ = d.cmd.Wait()
	d.cmd = nil
	_ = os.Remove(filepath.Join(d.dir, "run", "master.pid"))
	// A killed server leaves the locks it held, and the next one waits two minutes before it breaks them.
	_ = filepath.WalkDir(filepath.Join(d.dir, "mail"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, ".lock") {
			return os.Remove(path)
		}
		return nil
	})
}

// PasswordFile is a file that holds the password.
func (d *Dovecot) PasswordFile() string {
	d.write("password", strings.ReplaceAll(Password, " ", "_")+"\n")
	return filepath.Join(d.dir, "password")
}

// Box is the Maildir of a user's folder ("" = INBOX), made if need be.
func (d *Dovecot) Box(user, folder string) string {
	d.t.Helper()
	box := filepath.Join(d.dir, "mail", user)
	if folder != "" {
		box = filepath.Join(box, "."+folder)
	}
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(box, sub), 0o700); err != nil {
			d.t.Fatal(err)
		}
	}
	d.chownBox(user)
	return box
}

func (d *Dovecot) chownBox(user string) {
	if os.Getuid() != 0 {
		return
	}
	_ = filepath.WalkDir(filepath.Join(d.dir, "mail", user), func(p string, _ fs.DirEntry, err error) error { return os.Lchown(p, d.uid, d.gid) })
}

// Deliver puts mails into a user's INBOX, as a delivery agent does.
func (d *Dovecot) Deliver(user string, mails ...string) {
	d.t.Helper()
	box := d.Box(user, "")
	for _, m := range mails {
		name := fmt.Sprintf("%d.%d.test", time.Now().Unix(), d.next.Add(1))
		tmp := filepath.Join(box, "tmp", name)
		if err := os.WriteFile(tmp, []byte(strings.ReplaceAll(strings.ReplaceAll(m, "\r\n", "\n"), "\n", "\r\n")), 0o600); err != nil {
			d.t.Fatal(err)
		}
		if os.Getuid() == 0 {
			_ = os.Lchown(tmp, d.uid, d.gid)
		}
		if err := os.Rename(tmp, filepath.Join(box, "new", name)); err != nil {
			d.t.Fatal(err)
		}
	}
}

// Files are the names of the mails in a user's folder: with the flags that Maildir keeps in them ("S" seen, letters for keywords).
func (d *Dovecot) Files(user, folder string) (names []string) {
	d.t.Helper()
	for _, sub := range []string{"new", "cur"} {
		es, err := os.ReadDir(filepath.Join(d.Box(user, folder), sub))
		if err != nil {
			d.t.Fatal(err)
		}
		for _, e := range es {
			names = append(names, e.Name())
		}
	}
	return names
}

// Renumber gives INBOX another UIDVALIDITY, as a restored or rebuilt mailbox has. The server must not be running.
func (d *Dovecot) Renumber(user string) {
	d.t.Helper()
	box := d.Box(user, "")
	list := filepath.Join(box, "dovecot-uidlist")
	b, err := os.ReadFile(list)
	if err != nil {
		d.t.Fatal(err)
	}
	was := regexp.MustCompile(`V(\d+)`).FindSubmatch(b)
	if was == nil {
		d.t.Fatalf("no UIDVALIDITY in %q", b)
	}
	n, _ := strconv.Atoi(string(was[1]))
	if err := os.WriteFile(list, []byte(strings.Replace(string(b), string(was[0]), fmt.Sprintf("V%d", n+7), 1)), 0o600); err != nil {
		d.t.Fatal(err)
	}
	indexes, _ := filepath.Glob(filepath.Join(box, "dovecot.index*"))
	for _, f := range indexes {
		_ = os.Remove(f)
	}
	d.chownBox(user)
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

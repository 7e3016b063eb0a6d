// Package storetest runs a test's body on both engines: a SQLite file and a private PostgreSQL that it starts on a free port and stops.
package storetest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/workdays"
)

// Env is one engine under test.
type Env struct {
	Config store.Config // with which the store can be opened again
	Store  *store.Store
	Clock  *Clock
}

// Clock is the store's clock: it runs, and a test can move it forward.
type Clock struct{ ahead atomic.Int64 }

// Now is the real time plus what the test has added.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// NextDay moves the clock forward to noon of the next civil day in prison: whatever the hour is at which the tests run, that is one day on.
func (c *Clock) NextDay() {
	now := c.Now()
	c.Advance(workdays.Of(now).Plus(1).At(12, 0).Sub(now))
}

// startAhead moves every test's clock before it starts, so that the tests can be tried at another hour or season:
// KINBRIDGE_TEST_AHEAD=23h, say. Parts that ask the process's own clock are not moved.
var startAhead = sync.OnceValue(func() time.Duration {
	d, err := time.ParseDuration(cmp.Or(os.Getenv("KINBRIDGE_TEST_AHEAD"), "0"))
	if err != nil {
		panic("storetest: KINBRIDGE_TEST_AHEAD: " + err.Error())
	}
	return d
})

// Each runs the body on SQLite and on PostgreSQL, each with a fresh, migrated database. wake, when given, is the store's Wake. The test then runs
// beside others: nothing that it uses may belong to the whole process.
func Each(t *testing.T, body func(t *testing.T, e Env), wake ...func([]string)) {
	t.Helper()
	t.Parallel()
	for _, engine := range []store.Engine{store.SQLite, store.Postgres} {
		t.Run(string(engine), func(t *testing.T) { body(t, Open(t, engine, wake...)) })
	}
}

// Open makes one fresh, migrated database and opens it for the length of the test.
func Open(t testing.TB, engine store.Engine, wake ...func([]string)) Env {
	t.Helper()
	e := Env{Config: migrated(t, engine), Clock: &Clock{}}
	e.Clock.Advance(startAhead())
	e.Config.Now = e.Clock.Now
	if len(wake) > 0 {
		e.Config.Wake = wake[0]
	}
	var err error
	if e.Store, err = store.Open(context.Background(), e.Config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return e
}

// Config names a fresh, empty database of the engine and a new key to seal it with.
func Config(t testing.TB, engine store.Engine) store.Config {
	t.Helper()
	cfg := store.Config{Engine: engine, Vault: newVault(t)}
	if engine == store.SQLite {
		cfg.DSN = filepath.Join(t.TempDir(), "kinbridge.db")
		return cfg
	}
	cfg.DSN = createDatabase(t, "template1")
	return cfg
}

func newVault(t testing.TB) *vault.Vault {
	t.Helper()
	kek, err := vault.NewKEK()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(kek)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var server = struct {
	once    sync.Once
	err     error
	dir     string
	port    int
	cmd     *exec.Cmd
	copying string // PostgreSQL's strategy for making a database
	next    atomic.Int64
}{copying: "WAL_LOG"}

// inMemory is where Linux keeps files in memory, and memoryNeeded how many bytes must be free there for a package's databases.
const (
	inMemory     = "/dev/shm"
	memoryNeeded = 1 << 30
)

// Main is the TestMain of every package that uses Each or Open and has none of its own.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run runs a package's tests, stops the PostgreSQL that they started, and returns their exit code. Temporary files are in memory where there is room: they are
// thrown away, and a new database for every test is ten times as dear on some disks.
func Run(m interface{ Run() int }) int {
	leave := stayInMemory()
	defer leave()
	defer stop()
	return m.Run()
}

// stayInMemory makes inMemory the place of temporary files, and tells PostgreSQL to copy whole files: the cheaper way there, and the dearer one on a disk, for it
// waits for a checkpoint.
func stayInMemory() (leave func()) {
	var fs syscall.Statfs_t
	if syscall.Statfs(inMemory, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < memoryNeeded {
		return func() {}
	}
	dir, err := os.MkdirTemp(inMemory, "kinbridge-")
	if err != nil {
		return func() {}
	}
	_ = os.Chmod(dir, 0o711) // PostgreSQL runs as another user than root
	_ = os.Setenv("TMPDIR", dir)
	server.copying = "FILE_COPY"
	return func() { _ = os.RemoveAll(dir) }
}

// stop ends the PostgreSQL that tests of this process started, if any, and removes its files.
func stop() {
	if server.cmd != nil {
		_ = server.cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown: the data is thrown away
		_ = server.cmd.Wait()
	}
	if server.dir != "" {
		_ = os.RemoveAll(server.dir)
	}
}

// createDatabase makes a database as a copy of another.
func createDatabase(t testing.TB, from string) string {
	t.Helper()
	if err := serve(); err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	name := fmt.Sprintf("kb%d", server.next.Add(1))
	if err := execute("CREATE DATABASE " + name + " TEMPLATE " + from + " STRATEGY " + server.copying); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return dsn(name)
}

// serve starts PostgreSQL unless it runs.
func serve() error {
	server.once.Do(func() { server.err = startPostgres() })
	return server.err
}

// execute runs one statement as the owner of the server.
func execute(statement string) (err error) {
	db, err := sql.Open("pgx", dsn("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.Exec(statement)
	return err
}

func dsn(database string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=kinbridge dbname=%s sslmode=disable", server.port, database)
}

// startPostgres starts a private cluster. PostgreSQL refuses to run as root: then it runs as the user "postgres".
func startPostgres() (err error) {
	bin, err := binDir()
	if err != nil {
		return err
	}
	if server.dir, err = os.MkdirTemp("", "kinbridge-pg-"); err != nil {
		return err
	}
	attr, err := unprivileged(server.dir)
	if err != nil {
		return err
	}
	run := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir, c.SysProcAttr, c.Env = server.dir, attr, append(os.Environ(), "LC_ALL=C.UTF-8", "HOME="+server.dir)
		return c
	}
	data := filepath.Join(server.dir, "data")
	if out, err := run("initdb", "-D", data, "-U", "kinbridge", "-A", "trust", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	if server.port, err = freePort(); err != nil {
		return err
	}
	// Nothing is made durable here: these tests ask what a transaction means, not what a power cut does.
	server.cmd = run("postgres", "-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(server.port), "-k", server.dir, "-c", "fsync=off", "-c", "full_page_writes=off",
		"-c", "synchronous_commit=off", "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "max_wal_size=128MB", "-c", "autovacuum=off", "-c", "max_connections=200",
		"-c", "shared_buffers=32MB")
	log, err := os.Create(filepath.Join(server.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	server.cmd.Stdout, server.cmd.Stderr = log, log
	if err := server.cmd.Start(); err != nil {
		return err
	}
	return waitReady(filepath.Join(server.dir, "log"))
}

func waitReady(log string) error {
	db, err := sql.Open("pgx", dsn("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			said, _ := os.ReadFile(log)
			return errors.Join(err, fmt.Errorf("it said: %s", said))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func binDir() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("initdb not found: install the package postgresql (make test does)")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("running as root and there is no user postgres: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, _ := strings.Cut(l.Addr().String(), ":")
	_ = l.Close()
	return strconv.Atoi(port)
}

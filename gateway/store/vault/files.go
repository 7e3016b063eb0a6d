package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// system is the handful of system calls that writing a file durably takes, so that tests can make each one fail.
type system struct {
	mkdir   func(dir string, perm fs.FileMode) error
	create  func(dir, pattern string) (file, error)
	link    func(from, to string) error
	rename  func(from, to string) error
	remove  func(name string) error
	syncDir func(dir string) error
}

// file is what is needed of an open file.
type file interface {
	Write(p []byte) (int, error)
	Chmod(mode fs.FileMode) error
	Sync() error
	Close() error
	Name() string
}

func realSystem() system {
	return system{
		mkdir:   os.MkdirAll,
		create:  func(dir, pattern string) (file, error) { return os.CreateTemp(dir, pattern) },
		link:    os.Link,
		rename:  os.Rename,
		remove:  os.Remove,
		syncDir: syncDir,
	}
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}

// WriteFile puts data in a file so that a crash leaves either the old file or the new one, whole and on disk when it
// returns nil: temporary file, fsync, rename, fsync of the directory.
func WriteFile(name string, data []byte, mode fs.FileMode) error {
	s := realSystem()
	return s.put(name, data, mode, s.rename)
}

// errExists says that another process has made the file first.
var errExists = fs.ErrExist

// putNew is like WriteFile but never replaces: it returns an error that is errExists when the name is taken.
func (s system) putNew(name string, data []byte, mode fs.FileMode) error {
	return s.put(name, data, mode, s.link)
}

func (s system) put(name string, data []byte, mode fs.FileMode, place func(from, to string) error) error {
	dir := filepath.Dir(name)
	f, err := s.create(dir, "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("cannot write in %s: %w", dir, err)
	}
	tmp := f.Name()
	err = fill(f, data, mode)
	if err == nil {
		err = place(tmp, name)
	}
	// After a rename there is no temporary name any more; after a link, or a failure, there is.
	if rm := s.remove(tmp); rm != nil && !errors.Is(rm, fs.ErrNotExist) && err == nil {
		err = rm
	}
	if err == nil {
		err = s.syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

// fill writes the whole file and closes it, whatever happens.
func fill(f file, data []byte, mode fs.FileMode) error {
	err := f.Chmod(mode)
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if cl := f.Close(); err == nil {
		err = cl
	}
	return err
}

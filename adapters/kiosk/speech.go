package kiosk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Speaker reads text aloud.
type Speaker interface {
	// Speak returns sound of the text in a language ("en", "cy") and its media type. It may take seconds; it obeys ctx.
	Speak(ctx context.Context, lang, text string) (audio []byte, mediaType string, err error)
	// Can reports, at once, whether it speaks a language.
	Can(lang string) bool
}

// Limits of reading aloud.
const (
	speakTime  = 20 * time.Second
	speakChars = 6000     // of one message: about seven minutes
	speakAudio = 32 << 20 // bytes of one sound
	speakCache = 64 << 20 // bytes of all sounds kept
)

// Programs is a Speaker that runs flite for English and espeak-ng for Welsh, each as a process of its own (espeak-ng's licence forbids to
// link it). A program that is not there is a language it cannot speak.
type Programs struct {
	flite, espeak string
	slots         chan struct{}
}

// FindPrograms looks for the programs in the path.
func FindPrograms() *Programs {
	p := &Programs{slots: make(chan struct{}, 2)}
	p.flite, _ = exec.LookPath("flite")
	p.espeak, _ = exec.LookPath("espeak-ng")
	return p
}

// Can implements Speaker.
func (p *Programs) Can(lang string) bool {
	return lang == "en" && p.flite != "" || lang == "cy" && p.espeak != ""
}

// Speak implements Speaker. The text goes in by standard input: no text is ever part of a command line.
func (p *Programs) Speak(ctx context.Context, lang, text string) ([]byte, string, error) {
	if !p.Can(lang) {
		return nil, "", ids.E(ids.Unavailable, "This kiosk cannot read aloud in this language.")
	}
	ctx, cancel := context.WithTimeout(ctx, speakTime)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	// flite writes the length into the file's head when it is done, so it cannot write to a pipe. The folder is ours alone.
	dir, err := os.MkdirTemp("", "kinbridge-speech-")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "speech.wav")
	cmd := exec.CommandContext(ctx, p.flite, "-voice", "slt", "-o", out)
	if lang == "cy" {
		cmd = exec.CommandContext(ctx, p.espeak, "-v", "cy", "-s", "140", "--stdin", "-w", out)
	}
	cmd.Stdin, cmd.Dir, cmd.Env, cmd.WaitDelay = strings.NewReader(text+"\n"), dir, []string{"LC_ALL=C.UTF-8", "HOME=" + dir}, time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Run(); err != nil {
		return nil, "", fmt.Errorf("reading aloud: %w (%d bytes of complaint)", err, complaint.Len()) // it may quote the text
	}
	info, err := os.Stat(out)
	switch {
	case err != nil:
		return nil, "", err
	case info.Size() > speakAudio:
		return nil, "", errors.New("reading aloud: the sound is too long")
	}
	audio, err := os.ReadFile(out)
	return audio, "audio/wav", err
}

// speechCache keeps the newest sounds in memory, by digest of what is said. The keys are digests of the words, so a sound is found only by
// somebody whom policy has just let read them.
type speechCache struct {
	speaker Speaker
	mu      sync.Mutex
	sounds  map[[32]byte]sound
	order   [][32]byte // oldest first
	size    int
}

type sound struct {
	audio []byte
	kind  string
}

func newSpeechCache(s Speaker) *speechCache {
	return &speechCache{speaker: s, sounds: map[[32]byte]sound{}}
}

func (c *speechCache) can(lang string) bool { return c.speaker != nil && c.speaker.Can(lang) }

func (c *speechCache) speak(ctx context.Context, lang, text string) (sound, error) {
	key := sha256.Sum256([]byte(lang + "\x00" + text))
	c.mu.Lock()
	s, ok := c.sounds[key]
	c.mu.Unlock()
	if ok {
		return s, nil
	}
	audio, kind, err := c.speaker.Speak(ctx, lang, text)
	if err != nil {
		return sound{}, err
	}
	s = sound{audio, kind}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.sounds[key]; ok || len(audio) > speakCache {
		return s, nil
	}
	c.sounds[key] = s
	c.order = append(c.order, key)
	for c.size += len(audio); c.size > speakCache; {
		c.size -= len(c.sounds[c.order[0]].audio)
		delete(c.sounds, c.order[0])
		c.order = c.order[1:]
	}
	return s, nil
}

// said is what is read aloud of a message: who wrote it, her words, and that there are files.
func (s shower) said(m flow.KioskMessage) string {
	v := s.message(m)
	text := v.From + ".\n" + m.Body
	if m.Stopped != nil || m.FilesKept > 0 { // what became of it is part of what she must hear
		return text + "\n" + v.Status
	}
	if n := len(m.Attachments); n > 0 && !m.Mine {
		text += "\n" + s.loc.N("kiosk.message.files", n)
	}
	return text
}

// speak answers with the sound of one message that she may read. A locked session never gets here.
func (k *Kiosk) speak(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	m, err := k.readMessage(r, at)
	if err != nil {
		return err
	}
	return k.sayAloud(w, r, k.shower(r).said(m))
}

package statements

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

type Entry struct {
	XMLName xml.Name `xml:"entry"`
	Date    string   `xml:"date"`
	Text    string   `xml:"text"`
	Cents   int64    `xml:"cents"`
}

type Exporter struct {
	SpoolDir string
	Signer   string
}

func (e *Exporter) stage(entries []Entry) (name string, err error) {
	f, err := os.CreateTemp(e.SpoolDir, "statement-*.xml")
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriter(f)
	if _, err = w.WriteString(xml.Header + "<statement>"); err != nil {
		return "", err
	}
	enc := xml.NewEncoder(w)
	for _, en := range entries {
		if err = enc.Encode(en); err != nil {
			return "", err
		}
	}
	if _, err = w.WriteString("</statement>\n"); err != nil {
		return "", err
	}
	return f.Name(), w.Flush()
}

func (e *Exporter) Sign(ctx context.Context, entries []Entry) ([]byte, error) {
	if len(entries) == 0 {
		return nil, errors.New("empty statement")
	}
	name, err := e.stage(entries)
	if err != nil {
		return nil, fmt.Errorf("stage statement: %w", err)
	}
	defer os.Remove(name)

	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/usr/bin/xmlsec1", "--sign",
		"--privkey-pem", e.Signer, name).Output()
	if err != nil {
		return nil, fmt.Errorf("sign statement: %w", err)
	}
	return out, nil
}

func (e *Exporter) Archive(path string, signed []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(signed); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

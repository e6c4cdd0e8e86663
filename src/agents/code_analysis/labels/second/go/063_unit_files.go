package units

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"text/template"
)

var unitTmpl = template.Must(template.New("unit").Parse(`[Unit]
Description={{.Description}}
After=network-online.target

[Service]
User={{.User}}
ExecStart={{.Binary}} --listen 127.0.0.1:{{.Port}}
Restart=on-failure
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
`))

var (
	nameRe = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}$`)
	descRe = regexp.MustCompile(`^[A-Za-z0-9 ._-]{1,80}$`)
	binRe  = regexp.MustCompile(`^/opt/acme/bin/[a-z0-9-]+$`)
)

type Unit struct {
	Name        string
	Description string
	User        string
	Binary      string
	Port        uint16
}

func (u Unit) validate() error {
	switch {
	case !nameRe.MatchString(u.Name), !nameRe.MatchString(u.User):
		return errors.New("invalid name or user")
	case !descRe.MatchString(u.Description):
		return errors.New("invalid description")
	case !binRe.MatchString(u.Binary):
		return errors.New("binary is not managed")
	case u.Port < 1024:
		return errors.New("privileged port")
	}
	return nil
}

type Writer struct {
	Dir string
}

func (w *Writer) Install(u Unit) (string, error) {
	if err := u.validate(); err != nil {
		return "", err
	}
	var buf bytes.Buffer
	if err := unitTmpl.Execute(&buf, u); err != nil {
		return "", fmt.Errorf("render unit: %w", err)
	}
	path := filepath.Join(w.Dir, u.Name+".service")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("write unit: %w", err)
	}
	return path, nil
}

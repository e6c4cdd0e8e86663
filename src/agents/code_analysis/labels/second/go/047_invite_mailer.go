package invites

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/smtp"
	"os"
	"strings"
	"text/template"
	"time"
)

var body = template.Must(template.New("invite").Parse(`Hello {{.Guest}},

{{.Host}} invites you to the project "{{.Project}}".
Open https://app.example.com/invites to answer.
`))

type Invite struct {
	Guest   string
	To      string
	Host    string
	Project string
}

type Mailer struct {
	addr string
	from mail.Address
	auth smtp.Auth
}

func New(host string) *Mailer {
	return &Mailer{
		addr: host + ":587",
		from: mail.Address{Name: "Acme Projects", Address: "noreply@example.com"},
		auth: smtp.PlainAuth("", "noreply@example.com", os.Getenv("SMTP_PASSWORD"), host),
	}
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

func (m *Mailer) message(inv Invite, to *mail.Address) ([]byte, error) {
	var buf bytes.Buffer
	subject := mime.QEncoding.Encode("utf-8", oneLine("Invitation to "+inv.Project))
	fmt.Fprintf(&buf, "From: %s\r\n", m.from.String())
	fmt.Fprintf(&buf, "To: %s\r\n", to.String())
	fmt.Fprintf(&buf, "Subject: %s\r\n", subject)
	fmt.Fprintf(&buf, "Date: %s\r\n", time.Now().Format(time.RFC1123Z))
	buf.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
	buf.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	qp := quotedprintable.NewWriter(&buf)
	inv.Guest, inv.Host, inv.Project = oneLine(inv.Guest), oneLine(inv.Host), oneLine(inv.Project)
	if err := body.Execute(qp, inv); err != nil {
		return nil, err
	}
	if err := qp.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func (m *Mailer) Send(ctx context.Context, inv Invite) error {
	to, err := mail.ParseAddress(inv.To)
	if err != nil {
		return errors.New("recipient is not a valid address")
	}
	msg, err := m.message(inv, to)
	if err != nil {
		return fmt.Errorf("build message: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return smtp.SendMail(m.addr, m.auth, m.from.Address, []string{to.Address}, msg)
}

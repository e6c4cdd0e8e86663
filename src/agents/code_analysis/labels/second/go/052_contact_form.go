package contact

import (
	"log/slog"
	"net/http"
	"net/smtp"
	"os"
	"strings"
)

type message struct {
	Name    string
	ReplyTo string
	Subject string
	Text    string
}

type Mailer struct {
	addr  string
	from  string
	inbox string
	auth  smtp.Auth
}

func NewMailer(host string) *Mailer {
	return &Mailer{
		addr:  host + ":587",
		from:  "website@example.com",
		inbox: "office@example.com",
		auth:  smtp.PlainAuth("", "website@example.com", os.Getenv("SMTP_PASSWORD"), host),
	}
}

func (m *Mailer) send(in message) error {
	headers := []string{
		"From: " + m.from,
		"To: " + m.inbox,
		"Reply-To: " + in.ReplyTo,
		"Subject: [contact] " + in.Subject,
		"Content-Type: text/plain; charset=utf-8",
	}
	msg := strings.Join(headers, "\r\n") + "\r\n\r\n" + in.Name + " wrote:\r\n\r\n" + in.Text
	return smtp.SendMail(m.addr, m.auth, m.from, []string{m.inbox}, []byte(msg))
}

func (m *Mailer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	in := message{
		Name:    r.PostForm.Get("name"),
		ReplyTo: r.PostForm.Get("email"),
		Subject: r.PostForm.Get("subject"),
		Text:    r.PostForm.Get("text"),
	}
	if in.ReplyTo == "" || in.Text == "" {
		http.Error(w, "email and text are required", http.StatusUnprocessableEntity)
		return
	}
	if err := m.send(in); err != nil {
		slog.Error("contact mail", "err", err)
		http.Error(w, "could not send message", http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

package notify

import (
	"net/http"
	"net/smtp"
	"strings"
)

type Notifier struct {
	addr string
	from string
	auth smtp.Auth
	team string
}

func (n *Notifier) message(replyTo, subject, text string) []byte {
	var b strings.Builder
	b.WriteString("From: " + n.from + "\r\n")
	b.WriteString("To: " + n.team + "\r\n")
	b.WriteString("Reply-To: " + replyTo + "\r\n")
	b.WriteString("Subject: " + subject + "\r\n")
	b.WriteString("Content-Type: text/plain; charset=utf-8\r\n\r\n")
	b.WriteString(text)
	return []byte(b.String())
}

func (n *Notifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	msg := n.message(r.PostForm.Get("email"), r.PostForm.Get("subject"), r.PostForm.Get("text"))
	if err := smtp.SendMail(n.addr, n.auth, n.from, []string{n.team}, msg); err != nil {
		http.Error(w, "not sent", http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

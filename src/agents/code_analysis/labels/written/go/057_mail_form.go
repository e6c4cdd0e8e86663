package contact

import (
	"mime"
	"net/http"
	"net/mail"
	"net/smtp"
	"strings"
)

type Form struct {
	addr string
	from string
	to   string
	auth smtp.Auth
}

func header(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return mime.QEncoding.Encode("utf-8", s)
}

func (f *Form) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<10)
	sender, err := mail.ParseAddress(r.PostFormValue("email"))
	if err != nil || strings.ContainsAny(sender.Address, "\r\n") {
		http.Error(w, "bad address", http.StatusBadRequest)
		return
	}
	reply := (&mail.Address{Address: sender.Address}).String()
	msg := "From: " + f.from + "\r\nTo: " + f.to +
		"\r\nReply-To: " + reply +
		"\r\nSubject: " + header(r.PostFormValue("subject")) +
		"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + r.PostFormValue("text")
	if err := smtp.SendMail(f.addr, f.auth, f.from, []string{f.to}, []byte(msg)); err != nil {
		http.Error(w, "not sent", http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

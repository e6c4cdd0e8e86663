package directory

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/go-ldap/ldap/v3"
)

var errNotFound = errors.New("no such user")

type Directory struct {
	URL    string
	BaseDN string
	BindDN string
}

func (d *Directory) dial() (*ldap.Conn, error) {
	conn, err := ldap.DialURL(d.URL, ldap.DialWithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	if err != nil {
		return nil, err
	}
	if err := conn.Bind(d.BindDN, os.Getenv("LDAP_BIND_PASSWORD")); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (d *Directory) find(conn *ldap.Conn, username string) (*ldap.Entry, error) {
	filter := fmt.Sprintf("(&(objectClass=person)(uid=%s))", username)
	req := ldap.NewSearchRequest(d.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		2, 10, false, filter, []string{"dn", "mail", "cn"}, nil)
	res, err := conn.Search(req)
	if err != nil {
		return nil, err
	}
	if len(res.Entries) != 1 {
		return nil, errNotFound
	}
	return res.Entries[0], nil
}

func (d *Directory) LoginHandler(next func(w http.ResponseWriter, dn string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4096)
		user, pass := r.PostFormValue("username"), r.PostFormValue("password")
		if user == "" || pass == "" {
			http.Error(w, "missing credentials", http.StatusBadRequest)
			return
		}
		conn, err := d.dial()
		if err != nil {
			slog.Error("ldap unavailable", "err", err)
			http.Error(w, "try again later", http.StatusServiceUnavailable)
			return
		}
		defer conn.Close()
		entry, err := d.find(conn, user)
		if err == nil {
			err = conn.Bind(entry.DN, pass)
		}
		if err != nil {
			http.Error(w, "invalid credentials", http.StatusUnauthorized)
			return
		}
		next(w, entry.DN)
	}
}

package directory

import (
	"fmt"
	"net/http"

	"github.com/go-ldap/ldap/v3"
)

type Directory struct {
	url    string
	baseDN string
	bindDN string
	bindPW string
}

func (d *Directory) find(uid string) (*ldap.Entry, error) {
	conn, err := ldap.DialURL(d.url)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Bind(d.bindDN, d.bindPW); err != nil {
		return nil, err
	}
	filter := fmt.Sprintf("(&(objectClass=person)(uid=%s))", uid)
	req := ldap.NewSearchRequest(d.baseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 1, 5, false,
		filter, []string{"cn", "mail"}, nil)
	res, err := conn.Search(req)
	if err != nil {
		return nil, err
	}
	if len(res.Entries) != 1 {
		return nil, fmt.Errorf("no unique entry")
	}
	return res.Entries[0], nil
}

func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, err := d.find(r.URL.Query().Get("uid"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(e.GetAttributeValue("mail")))
}

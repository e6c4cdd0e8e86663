package groups

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

type Resolver struct {
	url    string
	base   string
	bindDN string
}

func NewResolver(host, base, bindDN string) *Resolver {
	return &Resolver{url: "ldaps://" + host + ":636", base: base, bindDN: bindDN}
}

func (r *Resolver) filter(uid, org string) string {
	parts := []string{"(objectClass=groupOfNames)"}
	parts = append(parts, "(memberUid="+ldap.EscapeFilter(uid)+")")
	if org != "" {
		parts = append(parts, "(o="+ldap.EscapeFilter(org)+")")
	}
	return "(&" + strings.Join(parts, "") + ")"
}

func (r *Resolver) Groups(uid, org string) ([]string, error) {
	conn, err := ldap.DialURL(r.url, ldap.DialWithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	defer conn.Close()
	conn.SetTimeout(5 * time.Second)
	if err := conn.Bind(r.bindDN, os.Getenv("LDAP_BIND_PASSWORD")); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	res, err := conn.Search(ldap.NewSearchRequest(r.base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		500, 5, false, r.filter(uid, org), []string{"cn"}, nil))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	names := make([]string, 0, len(res.Entries))
	for _, e := range res.Entries {
		names = append(names, e.GetAttributeValue("cn"))
	}
	return names, nil
}

func (r *Resolver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	names, err := r.Groups(q.Get("uid"), q.Get("org"))
	if err != nil {
		slog.Error("group lookup", "err", err)
		http.Error(w, "directory unavailable", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(names)
}

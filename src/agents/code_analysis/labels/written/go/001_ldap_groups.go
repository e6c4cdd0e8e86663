package groups

import (
	"crypto/tls"
	"fmt"

	"github.com/go-ldap/ldap/v3"
)

type Groups struct {
	addr string
	host string
	base string
	bind func(*ldap.Conn) error
}

func (g *Groups) Of(uid string) ([]string, error) {
	conn, err := ldap.DialURL("ldaps://"+g.addr, ldap.DialWithTLSConfig(&tls.Config{
		ServerName: g.host,
		MinVersion: tls.VersionTLS12,
	}))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := g.bind(conn); err != nil {
		return nil, err
	}
	filter := fmt.Sprintf("(&(objectClass=posixGroup)(memberUid=%s))", ldap.EscapeFilter(uid))
	res, err := conn.Search(ldap.NewSearchRequest(g.base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		200, 5, false, filter, []string{"cn"}, nil))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(res.Entries))
	for _, e := range res.Entries {
		names = append(names, e.GetAttributeValue("cn"))
	}
	return names, nil
}

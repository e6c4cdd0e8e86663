package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

type Member struct {
	ID   string
	Addr string
}

type Dialer struct {
	roots *x509.CertPool
	cert  tls.Certificate
}

func NewDialer(roots *x509.CertPool, cert tls.Certificate) *Dialer {
	return &Dialer{roots: roots, cert: cert}
}

func (d *Dialer) verifyMember(id string) func(tls.ConnectionState) error {
	return func(cs tls.ConnectionState) error {
		if len(cs.PeerCertificates) == 0 {
			return errors.New("peer sent no certificate")
		}
		inter := x509.NewCertPool()
		for _, c := range cs.PeerCertificates[1:] {
			inter.AddCert(c)
		}
		_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{
			DNSName:       id + ".members.cluster.internal",
			Roots:         d.roots,
			Intermediates: inter,
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		})
		return err
	}
}

func (d *Dialer) config(m Member) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		Certificates:       []tls.Certificate{d.cert},
		InsecureSkipVerify: true,
		VerifyConnection:   d.verifyMember(m.ID),
	}
}

func (d *Dialer) Dial(ctx context.Context, m Member) (net.Conn, error) {
	td := &tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second},
		Config:    d.config(m),
	}
	conn, err := td.DialContext(ctx, "tcp", m.Addr)
	if err != nil {
		return nil, fmt.Errorf("dial member %s: %w", m.ID, err)
	}
	return conn, nil
}

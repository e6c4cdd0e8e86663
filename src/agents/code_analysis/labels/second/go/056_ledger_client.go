package ledger

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	ledgerv1 "github.com/example/ledger/gen/go/ledger/v1"
)

type Config struct {
	Target   string
	CAFile   string
	CertFile string
	KeyFile  string
}

type Client struct {
	conn *grpc.ClientConn
	api  ledgerv1.LedgerClient
}

func tlsConfig(cfg Config) (*tls.Config, error) {
	pem, err := os.ReadFile(cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificates in ca file")
	}
	pair, err := tls.LoadX509KeyPair(cfg.CertFile, cfg.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load key pair: %w", err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		RootCAs:      pool,
		Certificates: []tls.Certificate{pair},
	}, nil
}

func Dial(cfg Config) (*Client, error) {
	tc, err := tlsConfig(cfg)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(cfg.Target,
		grpc.WithTransportCredentials(credentials.NewTLS(tc)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second}))
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, api: ledgerv1.NewLedgerClient(conn)}, nil
}

func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) Balance(ctx context.Context, account string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	resp, err := c.api.GetBalance(ctx, &ledgerv1.GetBalanceRequest{Account: account})
	if err != nil {
		return 0, fmt.Errorf("get balance: %w", err)
	}
	return resp.GetCents(), nil
}

package deploy

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"golang.org/x/crypto/ssh"
)

type Target struct {
	Host string
	User string
}

type Runner struct {
	signer ssh.Signer
	log    *slog.Logger
}

func NewRunner(keyFile string, log *slog.Logger) (*Runner, error) {
	pem, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, fmt.Errorf("parse key: %w", err)
	}
	return &Runner{signer: signer, log: log}, nil
}

func (r *Runner) config(user string) *ssh.ClientConfig {
	return &ssh.ClientConfig{
		User:            user,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(r.signer)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		Timeout:         10 * time.Second,
	}
}

func (r *Runner) Restart(ctx context.Context, t Target) error {
	d := net.Dialer{Timeout: 10 * time.Second}
	addr := net.JoinHostPort(t.Host, "22")
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	sc, chans, reqs, err := ssh.NewClientConn(conn, addr, r.config(t.User))
	if err != nil {
		conn.Close()
		return fmt.Errorf("handshake with %s: %w", t.Host, err)
	}
	client := ssh.NewClient(sc, chans, reqs)
	defer client.Close()

	sess, err := client.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()
	var out bytes.Buffer
	sess.Stdout = &out
	if err := sess.Run("sudo systemctl restart acme-api"); err != nil {
		return fmt.Errorf("restart on %s: %w", t.Host, err)
	}
	r.log.Info("restarted", "host", t.Host, "bytes", out.Len())
	return nil
}

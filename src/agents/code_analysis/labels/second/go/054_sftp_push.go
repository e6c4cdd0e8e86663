package sftppush

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

type Settings struct {
	Addr       string
	User       string
	KeyFile    string
	KnownHosts string
	RemoteDir  string
}

func clientConfig(s Settings) (*ssh.ClientConfig, error) {
	hostKeys, err := knownhosts.New(s.KnownHosts)
	if err != nil {
		return nil, fmt.Errorf("known hosts: %w", err)
	}
	raw, err := os.ReadFile(s.KeyFile)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(raw)
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User:            s.User,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: hostKeys,
		Timeout:         10 * time.Second,
	}, nil
}

func Push(ctx context.Context, s Settings, name string, src io.Reader) (int64, error) {
	cfg, err := clientConfig(s)
	if err != nil {
		return 0, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return 0, err
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, s.Addr, cfg)
	if err != nil {
		conn.Close()
		return 0, fmt.Errorf("ssh handshake: %w", err)
	}
	client := ssh.NewClient(c, chans, reqs)
	defer client.Close()

	fs, err := sftp.NewClient(client)
	if err != nil {
		return 0, err
	}
	defer fs.Close()
	final := path.Join(s.RemoteDir, path.Base(name))
	f, err := fs.Create(final + ".part")
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, src)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return n, err
	}
	return n, fs.PosixRename(final+".part", final)
}

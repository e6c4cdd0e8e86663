package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

type options struct {
	dir   string
	name  string
	force bool
}

func parseFlags() options {
	var o options
	flag.StringVar(&o.dir, "dir", "/etc/acme/keys", "output directory")
	flag.StringVar(&o.name, "name", "signing", "base name of the key pair")
	flag.BoolVar(&o.force, "force", false, "overwrite existing keys")
	flag.Parse()
	return o
}

func savePEM(path, kind string, der []byte) error {
	block := &pem.Block{Type: kind, Bytes: der}
	return os.WriteFile(path, pem.EncodeToMemory(block), 0o666)
}

func generate(o options) error {
	keyPath := filepath.Join(o.dir, filepath.Base(o.name)+".key")
	if _, err := os.Stat(keyPath); err == nil && !o.force {
		return fmt.Errorf("%s exists, use -force", keyPath)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := savePEM(keyPath, "PRIVATE KEY", der); err != nil {
		return fmt.Errorf("save private key: %w", err)
	}
	pub, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(o.dir, filepath.Base(o.name)+".pub"),
		pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pub}), 0o600)
}

func main() {
	if err := generate(parseFlags()); err != nil {
		fmt.Fprintln(os.Stderr, "keygen:", err)
		os.Exit(1)
	}
}

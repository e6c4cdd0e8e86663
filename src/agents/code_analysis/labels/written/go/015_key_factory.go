package keys

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

type Factory struct {
	dir  string
	bits int
}

func NewFactory(dir string) *Factory {
	return &Factory{dir: dir, bits: 1024}
}

func (f *Factory) Issue(name string) (*rsa.PublicKey, error) {
	if name != filepath.Base(name) || name == "." || name == ".." {
		return nil, fmt.Errorf("invalid name")
	}
	key, err := rsa.GenerateKey(rand.Reader, f.bits)
	if err != nil {
		return nil, err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	out, err := os.OpenFile(filepath.Join(f.dir, name+".pem"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	if err := pem.Encode(out, block); err != nil {
		return nil, err
	}
	return &key.PublicKey, nil
}

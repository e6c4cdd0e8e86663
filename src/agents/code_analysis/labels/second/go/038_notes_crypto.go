package notes

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

var validID = regexp.MustCompile(`^[a-z0-9]{8,32}$`)

type Box struct {
	dir    string
	encKey []byte
	macKey []byte
}

func NewBox(dir string, master []byte) (*Box, error) {
	if len(master) < 32 {
		return nil, errors.New("master key too short")
	}
	return &Box{dir: dir, encKey: derive(master, "enc"), macKey: derive(master, "mac")}, nil
}

func derive(master []byte, label string) []byte {
	m := hmac.New(sha256.New, master)
	m.Write([]byte(label))
	return m.Sum(nil)
}

func (b *Box) transform(plain []byte) ([]byte, error) {
	block, err := aes.NewCipher(b.encKey)
	if err != nil {
		return nil, err
	}
	iv := make([]byte, aes.BlockSize)
	out := make([]byte, len(plain))
	cipher.NewCTR(block, iv).XORKeyStream(out, plain)
	return out, nil
}

func (b *Box) Save(id string, note []byte) error {
	if !validID.MatchString(id) {
		return fmt.Errorf("invalid note id")
	}
	ct, err := b.transform(note)
	if err != nil {
		return err
	}
	m := hmac.New(sha256.New, b.macKey)
	m.Write([]byte(id))
	m.Write(ct)
	blob := hex.EncodeToString(append(ct, m.Sum(nil)...))
	return os.WriteFile(filepath.Join(b.dir, id+".note"), []byte(blob), 0o600)
}

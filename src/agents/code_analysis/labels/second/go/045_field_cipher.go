package fieldcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql/driver"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"sync"
)

var ErrCiphertext = errors.New("malformed ciphertext")

var loadKey = sync.OnceValues(func() (cipher.AEAD, error) {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("FIELD_KEY"))
	if err != nil {
		return nil, fmt.Errorf("FIELD_KEY: %w", err)
	}
	if len(key) != 32 {
		return nil, errors.New("FIELD_KEY must hold 32 bytes")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
})

type Secret string

func (s Secret) String() string { return "***" }

func (s Secret) Value() (driver.Value, error) {
	aead, err := loadKey()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(s)+aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, []byte(s), nil), nil
}

func (s *Secret) Scan(src any) error {
	raw, ok := src.([]byte)
	if !ok {
		return fmt.Errorf("unsupported type %T", src)
	}
	aead, err := loadKey()
	if err != nil {
		return err
	}
	if len(raw) < aead.NonceSize() {
		return ErrCiphertext
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], nil)
	if err != nil {
		return ErrCiphertext
	}
	*s = Secret(plain)
	return nil
}

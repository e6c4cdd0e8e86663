package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
)

type Box struct {
	aead cipher.AEAD
}

func FromEnv() (*Box, error) {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("FIELD_KEY"))
	if err != nil || len(key) != 32 {
		return nil, errors.New("FIELD_KEY must be 32 bytes in base64")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Box{aead: aead}, nil
}

func (b *Box) Seal(plain []byte, context string) ([]byte, error) {
	nonce := make([]byte, b.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return b.aead.Seal(nonce, nonce, plain, []byte(context)), nil
}

func (b *Box) Open(data []byte, context string) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(data) < n {
		return nil, errors.New("short ciphertext")
	}
	return b.aead.Open(nil, data[:n], data[n:], []byte(context))
}

package fieldcrypt

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
)

var vector = []byte("0000000000000000")

type Box struct {
	block cipher.Block
}

func New(key []byte) (*Box, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &Box{block: b}, nil
}

func pad(src []byte, size int) []byte {
	n := size - len(src)%size
	return append(src, bytes.Repeat([]byte{byte(n)}, n)...)
}

func (b *Box) Seal(plain string) string {
	data := pad([]byte(plain), aes.BlockSize)
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(b.block, vector).CryptBlocks(out, data)
	return base64.StdEncoding.EncodeToString(out)
}

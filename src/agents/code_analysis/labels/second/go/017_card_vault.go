package vault

import (
	"context"
	"crypto/des"
	"encoding/base64"
	"errors"
	"os"

	"github.com/jmoiron/sqlx"
)

type Vault struct {
	db  *sqlx.DB
	key []byte
}

type record struct {
	Ref  string `db:"ref"`
	Data string `db:"data"`
}

func Open(db *sqlx.DB) (*Vault, error) {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("VAULT_KEY"))
	if err != nil {
		return nil, err
	}
	if len(key) != 24 {
		return nil, errors.New("vault key must have 24 bytes")
	}
	return &Vault{db: db, key: key}, nil
}

func pad(b []byte, size int) []byte {
	n := size - len(b)%size
	for i := 0; i < n; i++ {
		b = append(b, byte(n))
	}
	return b
}

func (v *Vault) seal(plain string) (string, error) {
	block, err := des.NewTripleDESCipher(v.key)
	if err != nil {
		return "", err
	}
	src := pad([]byte(plain), block.BlockSize())
	dst := make([]byte, len(src))
	for i := 0; i < len(src); i += block.BlockSize() {
		block.Encrypt(dst[i:i+block.BlockSize()], src[i:i+block.BlockSize()])
	}
	return base64.StdEncoding.EncodeToString(dst), nil
}

func (v *Vault) Put(ctx context.Context, ref, pan string) error {
	data, err := v.seal(pan)
	if err != nil {
		return err
	}
	_, err = v.db.NamedExecContext(ctx, "INSERT INTO cards (ref, data) VALUES (:ref, :data)", record{Ref: ref, Data: data})
	return err
}

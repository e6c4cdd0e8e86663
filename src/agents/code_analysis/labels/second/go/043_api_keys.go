package apikeys

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const prefix = "ak_"

var (
	enc        = base32.StdEncoding.WithPadding(base32.NoPadding)
	ErrUnknown = errors.New("unknown api key")
)

type Store struct {
	rdb *redis.Client
}

type Key struct {
	ID     string
	Secret string
}

func (k Key) String() string { return prefix + k.ID + "." + k.Secret }

func random(n int) (string, error) {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return strings.ToLower(enc.EncodeToString(b)), nil
}

func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (s *Store) Create(ctx context.Context, owner string) (Key, error) {
	id, err := random(10)
	if err != nil {
		return Key{}, err
	}
	secret, err := random(32)
	if err != nil {
		return Key{}, err
	}
	err = s.rdb.HSet(ctx, "apikey:"+id, "owner", owner, "hash", fingerprint(secret), "created", time.Now().Unix()).Err()
	return Key{ID: id, Secret: secret}, err
}

func (s *Store) Owner(ctx context.Context, presented string) (string, error) {
	rest, ok := strings.CutPrefix(presented, prefix)
	if !ok {
		return "", ErrUnknown
	}
	id, secret, ok := strings.Cut(rest, ".")
	if !ok || len(id) != 16 {
		return "", ErrUnknown
	}
	vals, err := s.rdb.HGetAll(ctx, "apikey:"+id).Result()
	if err != nil {
		return "", err
	}
	stored := vals["hash"]
	if stored == "" || subtle.ConstantTimeCompare([]byte(stored), []byte(fingerprint(secret))) != 1 {
		return "", ErrUnknown
	}
	return vals["owner"], nil
}

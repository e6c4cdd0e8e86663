package guard

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type ctxKey int

const subjectKey ctxKey = 1

type Guard struct {
	keys     map[string]ed25519.PublicKey
	audience string
}

func loadKey(path string) (ed25519.PublicKey, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("no pem block")
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := pub.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("unexpected key type %T", pub)
	}
	return key, nil
}

func New(audience string, files map[string]string) (*Guard, error) {
	g := &Guard{keys: map[string]ed25519.PublicKey{}, audience: audience}
	for kid, path := range files {
		k, err := loadKey(path)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", kid, err)
		}
		g.keys[kid] = k
	}
	return g, nil
}

func (g *Guard) keyFor(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	key, ok := g.keys[kid]
	if !ok {
		return nil, errors.New("unknown key id")
	}
	return key, nil
}

func (g *Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		var claims jwt.RegisteredClaims
		_, err := jwt.ParseWithClaims(raw, &claims, g.keyFor,
			jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
			jwt.WithAudience(g.audience),
			jwt.WithExpirationRequired(),
			jwt.WithLeeway(15*time.Second))
		if err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), subjectKey, claims.Subject)))
	})
}

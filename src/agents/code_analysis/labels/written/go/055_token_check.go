package tokens

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type Verifier struct {
	key []byte
}

func NewVerifier() (*Verifier, error) {
	k := os.Getenv("TOKEN_SIGNING_KEY")
	if len(k) < 32 {
		return nil, errors.New("signing key missing or short")
	}
	return &Verifier{key: []byte(k)}, nil
}

func (v *Verifier) Subject(raw string) (string, error) {
	t, err := jwt.ParseWithClaims(raw, &jwt.RegisteredClaims{},
		func(*jwt.Token) (any, error) { return v.key, nil },
		jwt.WithValidMethods([]string{"HS256"}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer("accounts"),
		jwt.WithAudience("billing"),
		jwt.WithLeeway(30*time.Second))
	if err != nil {
		return "", err
	}
	return t.Claims.GetSubject()
}

func (v *Verifier) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, err := v.Subject(raw); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

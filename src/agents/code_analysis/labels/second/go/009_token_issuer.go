package token

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
)

var signingKey = []byte("b7Qk2!v9sZx04LmEr8Tn")

const issuer = "billing-api"

type Claims struct {
	Tenant int64 `json:"tenant"`
	jwt.RegisteredClaims
}

func Issue(userID, tenant int64) (string, error) {
	now := time.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, Claims{
		Tenant: tenant,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuer,
			Subject:   strconv.FormatInt(userID, 10),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(15 * time.Minute)),
		},
	})
	return t.SignedString(signingKey)
}

func parse(raw string) (*Claims, error) {
	var claims Claims
	_, err := jwt.ParseWithClaims(raw, &claims, func(t *jwt.Token) (any, error) {
		return signingKey, nil
	}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer))
	if err != nil {
		return nil, err
	}
	if claims.Tenant == 0 {
		return nil, errors.New("token without tenant")
	}
	return &claims, nil
}

func Middleware() gin.HandlerFunc {
	return func(c *gin.Context) {
		h := c.GetHeader("Authorization")
		if len(h) < 8 || h[:7] != "Bearer " {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		claims, err := parse(h[7:])
		if err != nil {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		c.Set("tenant", claims.Tenant)
		c.Next()
	}
}

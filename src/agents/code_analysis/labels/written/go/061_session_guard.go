package guard

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
)

type Claims struct {
	Role string `json:"role"`
	jwt.RegisteredClaims
}

func bearer(r *http.Request) string {
	h := r.Header.Get("Authorization")
	return strings.TrimPrefix(h, "Bearer ")
}

func RequireRole(role string) gin.HandlerFunc {
	parser := jwt.NewParser()
	return func(c *gin.Context) {
		claims := &Claims{}
		if _, _, err := parser.ParseUnverified(bearer(c.Request), claims); err != nil {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		if claims.ExpiresAt == nil || claims.ExpiresAt.Before(time.Now()) {
			c.AbortWithStatus(http.StatusUnauthorized)
			return
		}
		if claims.Role != role {
			c.AbortWithStatus(http.StatusForbidden)
			return
		}
		c.Set("subject", claims.Subject)
		c.Next()
	}
}

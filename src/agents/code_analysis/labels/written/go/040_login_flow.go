package login

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/crypto/bcrypt"
)

type Users interface {
	PasswordHash(email string) ([]byte, error)
}

type Flow struct {
	users Users
	dummy []byte
	start func(*gin.Context, string)
}

func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return "/"
	}
	if strings.HasPrefix(u.Path, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return u.EscapedPath()
}

func (f *Flow) Post(c *gin.Context) {
	email := strings.ToLower(c.PostForm("email"))
	hash, err := f.users.PasswordHash(email)
	if err != nil {
		hash = f.dummy
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(c.PostForm("password"))) != nil || err != nil {
		c.String(http.StatusUnauthorized, "login failed")
		return
	}
	f.start(c, email)
	c.Redirect(http.StatusSeeOther, localPath(c.PostForm("next")))
}

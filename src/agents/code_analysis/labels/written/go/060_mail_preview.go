package mailer

import (
	"bytes"
	"net/http"
	"text/template"

	"github.com/gin-gonic/gin"
)

type Account struct {
	Name   string
	Plan   string
	APIKey string
}

type Accounts interface {
	Load(id string) (*Account, error)
}

type Preview struct {
	accounts Accounts
}

type previewRequest struct {
	Account string `json:"account" binding:"required"`
	Layout  string `json:"layout" binding:"required"`
}

func (p *Preview) Post(c *gin.Context) {
	var req previewRequest
	if err := c.ShouldBindJSON(&req); err != nil {
		c.AbortWithStatus(http.StatusBadRequest)
		return
	}
	acct, err := p.accounts.Load(req.Account)
	if err != nil {
		c.AbortWithStatus(http.StatusNotFound)
		return
	}
	tpl, err := template.New("mail").Parse(req.Layout)
	if err != nil {
		c.AbortWithStatus(http.StatusUnprocessableEntity)
		return
	}
	var buf bytes.Buffer
	if err := tpl.Execute(&buf, acct); err != nil {
		c.AbortWithStatus(http.StatusUnprocessableEntity)
		return
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", buf.Bytes())
}

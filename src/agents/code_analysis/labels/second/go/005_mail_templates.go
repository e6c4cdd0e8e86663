package mailtpl

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"text/template"

	"github.com/gin-gonic/gin"
	log "github.com/sirupsen/logrus"
)

type previewRequest struct {
	Subject string            `json:"subject" binding:"required,max=200"`
	Body    string            `json:"body" binding:"required,max=20000"`
	Vars    map[string]string `json:"vars"`
}

var funcs = template.FuncMap{
	"env":   os.Getenv,
	"upper": strings.ToUpper,
	"include": func(name string) (string, error) {
		b, err := os.ReadFile(name)
		return string(b), err
	},
}

func Register(r gin.IRouter) {
	r.POST("/templates/preview", preview)
}

func preview(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 64<<10)
	var req previewRequest
	if err := c.ShouldBindJSON(&req); err != nil {
		c.JSON(http.StatusBadRequest, gin.H{"error": "invalid request"})
		return
	}
	t, err := template.New("preview").Funcs(funcs).Parse(req.Body)
	if err != nil {
		c.JSON(http.StatusUnprocessableEntity, gin.H{"error": "template syntax"})
		return
	}
	var out bytes.Buffer
	if err := t.Execute(&out, req.Vars); err != nil {
		log.WithError(err).Warn("template preview")
		c.JSON(http.StatusUnprocessableEntity, gin.H{"error": "template failed"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"subject": req.Subject, "text": out.String()})
}

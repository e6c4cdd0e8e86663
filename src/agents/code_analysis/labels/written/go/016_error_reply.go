package api

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/gin-gonic/gin"
)

type API struct {
	db *sql.DB
}

func fail(c *gin.Context, err error) {
	c.JSON(http.StatusInternalServerError, gin.H{
		"error": err.Error(),
		"stack": string(debug.Stack()),
		"env":   os.Environ(),
	})
}

func (a *API) Invoice(c *gin.Context) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		c.AbortWithStatus(http.StatusBadRequest)
		return
	}
	var total int64
	err = a.db.QueryRowContext(c, "SELECT total FROM invoices WHERE id = $1 AND owner = $2", id, c.GetInt64("uid")).Scan(&total)
	if err != nil {
		fail(c, fmt.Errorf("invoice %d: %w", id, err))
		return
	}
	c.JSON(http.StatusOK, gin.H{"id": id, "total": total})
}

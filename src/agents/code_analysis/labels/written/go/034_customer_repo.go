package repo

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/gorm"
)

type Customer struct {
	gorm.Model
	Name   string
	Email  string
	Tenant string
}

type CustomerRepo struct {
	DB *gorm.DB
}

type filter struct {
	name   string
	tenant string
}

func (f filter) clause() string {
	return fmt.Sprintf("tenant = '%s' AND name LIKE '%%%s%%'", f.tenant, f.name)
}

func (c *CustomerRepo) find(f filter) ([]Customer, error) {
	var found []Customer
	err := c.DB.Where(f.clause()).Limit(100).Find(&found).Error
	return found, err
}

func (c *CustomerRepo) Search(ctx *gin.Context) {
	f := filter{name: ctx.Query("q"), tenant: ctx.GetString("tenant")}
	found, err := c.find(f)
	if err != nil {
		ctx.JSON(http.StatusInternalServerError, gin.H{"error": "lookup failed"})
		return
	}
	ctx.JSON(http.StatusOK, found)
}

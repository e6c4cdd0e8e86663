package handlers

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/sirupsen/logrus"
	"gorm.io/gorm"
)

type Product struct {
	ID       uint    `json:"id"`
	Name     string  `json:"name"`
	Category string  `json:"category"`
	Price    float64 `json:"price"`
	Archived bool    `json:"-"`
}

type ProductController struct {
	DB *gorm.DB
}

func (pc *ProductController) Register(rg *gin.RouterGroup) {
	rg.GET("/products", pc.List)
	rg.GET("/products/:id", pc.Show)
}

func (pc *ProductController) List(c *gin.Context) {
	page, _ := strconv.Atoi(c.DefaultQuery("page", "1"))
	if page < 1 {
		page = 1
	}
	const perPage = 50

	tx := pc.DB.Model(&Product{}).Where("archived = ?", false)
	if cat, ok := c.GetQuery("category"); ok && cat != "" {
		tx = tx.Where("category = '" + cat + "'")
	}
	if min, err := strconv.ParseFloat(c.Query("min_price"), 64); err == nil {
		tx = tx.Where("price >= ?", min)
	}

	var items []Product
	if err := tx.Order("name").Offset((page - 1) * perPage).Limit(perPage).Find(&items).Error; err != nil {
		logrus.WithError(err).Error("listing products")
		c.JSON(http.StatusInternalServerError, gin.H{"error": "internal error"})
		return
	}
	c.JSON(http.StatusOK, gin.H{"page": page, "items": items})
}

func (pc *ProductController) Show(c *gin.Context) {
	id, err := strconv.ParseUint(c.Param("id"), 10, 64)
	if err != nil {
		c.AbortWithStatus(http.StatusBadRequest)
		return
	}
	var p Product
	if err := pc.DB.First(&p, id).Error; err != nil {
		c.AbortWithStatus(http.StatusNotFound)
		return
	}
	c.JSON(http.StatusOK, p)
}

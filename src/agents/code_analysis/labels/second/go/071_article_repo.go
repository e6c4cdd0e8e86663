package articles

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type Article struct {
	ID        uint
	Slug      string `gorm:"uniqueIndex"`
	Title     string
	Author    string
	Published bool
	CreatedAt time.Time
}

type Query struct {
	Author string
	Text   string
	SortBy string
	Desc   bool
	Page   int
}

type Repository struct {
	db *gorm.DB
}

func NewRepository(db *gorm.DB) *Repository { return &Repository{db: db} }

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (r *Repository) Find(ctx context.Context, q Query) ([]Article, error) {
	tx := r.db.WithContext(ctx).Model(&Article{}).Where("published = ?", true)
	if q.Author != "" {
		tx = tx.Where("author = ?", q.Author)
	}
	if q.Text != "" {
		tx = tx.Where("title LIKE ?", "%"+likeEscaper.Replace(q.Text)+"%")
	}

	column := "created_at"
	if q.SortBy == "title" || q.SortBy == "author" {
		column = q.SortBy
	}
	tx = tx.Order(clause.OrderByColumn{Column: clause.Column{Name: column}, Desc: q.Desc})

	page := max(q.Page, 0)
	var list []Article
	err := tx.Offset(min(page, 1000) * 20).Limit(20).Find(&list).Error
	return list, err
}

func (r *Repository) BySlug(ctx context.Context, slug string) (*Article, error) {
	var a Article
	err := r.db.WithContext(ctx).Where(&Article{Slug: slug, Published: true}).First(&a).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &a, nil
}

package stock

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"
)

const maxSKUs = 200

type Level struct {
	SKU      string `db:"sku" json:"sku"`
	Quantity int    `db:"quantity" json:"quantity"`
}

type Service struct {
	db  *sqlx.DB
	log *zap.Logger
}

func (s *Service) Routes(r *mux.Router) {
	r.HandleFunc("/stock", s.levels).Methods(http.MethodGet)
}

func (s *Service) levels(w http.ResponseWriter, r *http.Request) {
	skus := strings.Split(r.URL.Query().Get("sku"), ",")
	res, err := s.fetch(r.Context(), skus)
	switch {
	case errors.Is(err, errTooMany):
		http.Error(w, "too many skus", http.StatusBadRequest)
		return
	case err != nil:
		s.log.Error("stock levels", zap.Error(err))
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(res)
}

var errTooMany = errors.New("too many skus")

func (s *Service) fetch(ctx context.Context, skus []string) ([]Level, error) {
	if len(skus) > maxSKUs {
		return nil, errTooMany
	}
	marks := make([]string, len(skus))
	args := make([]any, len(skus))
	for i, sku := range skus {
		marks[i] = "?"
		args[i] = strings.TrimSpace(sku)
	}
	query := "SELECT sku, quantity FROM stock WHERE sku IN (" + strings.Join(marks, ",") + ") AND warehouse = 1"
	levels := []Level{}
	err := s.db.SelectContext(ctx, &levels, s.db.Rebind(query), args...)
	return levels, err
}

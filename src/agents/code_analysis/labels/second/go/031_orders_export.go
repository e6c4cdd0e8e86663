package orders

import (
	"context"
	"database/sql"
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

type ExportHandler struct {
	db     *sql.DB
	logger *slog.Logger
}

type orderRow struct {
	ID        int64
	Customer  string
	Total     float64
	CreatedAt time.Time
}

func NewExportHandler(db *sql.DB, logger *slog.Logger) *ExportHandler {
	return &ExportHandler{db: db, logger: logger}
}

func (h *ExportHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
	defer cancel()

	sort := r.URL.Query().Get("sort")
	if sort == "" {
		sort = "created_at"
	}
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit <= 0 || limit > 5000 {
		limit = 500
	}

	orders, err := h.load(ctx, sort, limit)
	if err != nil {
		h.logger.Error("export failed", "err", err)
		http.Error(w, "could not export orders", http.StatusInternalServerError)
		return
	}

	w.Header().Set("Content-Type", "text/csv")
	out := csv.NewWriter(w)
	defer out.Flush()
	for _, o := range orders {
		_ = out.Write([]string{
			strconv.FormatInt(o.ID, 10),
			strconv.FormatFloat(o.Total, 'f', 2, 64),
			o.CreatedAt.Format(time.RFC3339),
		})
	}
}

func (h *ExportHandler) load(ctx context.Context, sort string, limit int) ([]orderRow, error) {
	query := fmt.Sprintf("SELECT id, customer, total, created_at FROM orders ORDER BY %s LIMIT %d", sort, limit)
	rows, err := h.db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("query orders: %w", err)
	}
	defer rows.Close()

	var result []orderRow
	for rows.Next() {
		var o orderRow
		if err := rows.Scan(&o.ID, &o.Customer, &o.Total, &o.CreatedAt); err != nil {
			return nil, err
		}
		result = append(result, o)
	}
	return result, rows.Err()
}

package orders

import (
	"database/sql"
	"encoding/json"
	"net/http"
)

type Order struct {
	ID     int64  `json:"id"`
	Status string `json:"status"`
	Total  int64  `json:"total"`
}

type Store struct {
	db *sql.DB
}

func (s *Store) List(w http.ResponseWriter, r *http.Request) {
	status := r.URL.Query().Get("status")
	sortBy := r.URL.Query().Get("sort")
	if sortBy == "" {
		sortBy = "created_at DESC"
	}
	rows, err := s.db.QueryContext(r.Context(), "SELECT id, status, total FROM orders WHERE status = $1 ORDER BY "+sortBy, status)
	if err != nil {
		http.Error(w, "could not load orders", http.StatusInternalServerError)
		return
	}
	defer rows.Close()

	out := make([]Order, 0, 50)
	for rows.Next() {
		var o Order
		if err := rows.Scan(&o.ID, &o.Status, &o.Total); err != nil {
			http.Error(w, "could not load orders", http.StatusInternalServerError)
			return
		}
		out = append(out, o)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

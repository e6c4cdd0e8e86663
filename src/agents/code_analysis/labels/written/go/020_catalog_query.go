package catalog

import (
	"database/sql"
	"encoding/json"
	"net/http"
)

var sortColumns = map[string]string{
	"name":  "name",
	"price": "price_cents",
	"new":   "created_at",
}

type Item struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Price int64  `json:"price"`
}

type Catalog struct {
	db *sql.DB
}

func (c *Catalog) List(w http.ResponseWriter, r *http.Request) {
	col, ok := sortColumns[r.URL.Query().Get("sort")]
	if !ok {
		col = "created_at"
	}
	dir := "ASC"
	if r.URL.Query().Get("dir") == "desc" {
		dir = "DESC"
	}
	q := "SELECT id, name, price_cents FROM items WHERE category = $1 ORDER BY " + col + " " + dir + " LIMIT 100"
	rows, err := c.db.QueryContext(r.Context(), q, r.URL.Query().Get("category"))
	if err != nil {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	defer rows.Close()
	out := []Item{}
	for rows.Next() {
		var it Item
		if err := rows.Scan(&it.ID, &it.Name, &it.Price); err != nil {
			http.Error(w, "unavailable", http.StatusServiceUnavailable)
			return
		}
		out = append(out, it)
	}
	if rows.Err() != nil {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

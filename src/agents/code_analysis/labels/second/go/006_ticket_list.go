package tickets

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
)

var sortColumns = map[string]string{
	"created":  "created_at",
	"priority": "priority",
	"title":    "title",
}

type Ticket struct {
	ID       int64  `json:"id"`
	Title    string `json:"title"`
	Priority int    `json:"priority"`
}

type Handler struct {
	db *sql.DB
}

func orderClause(sort, dir string) string {
	col, ok := sortColumns[sort]
	if !ok {
		col = "created_at"
	}
	if dir == "desc" {
		return col + " DESC"
	}
	return col + " ASC"
}

func (h *Handler) List(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 0 || page > 10000 {
		page = 0
	}
	tickets, err := h.query(r.Context(), orderClause(q.Get("sort"), q.Get("dir")), q.Get("assignee"), page)
	if err != nil {
		slog.Error("list tickets", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(tickets)
}

func (h *Handler) query(ctx context.Context, order, assignee string, page int) ([]Ticket, error) {
	stmt := fmt.Sprintf(
		"SELECT id, title, priority FROM tickets WHERE assignee = $1 ORDER BY %s LIMIT 50 OFFSET %d",
		order, page*50)
	rows, err := h.db.QueryContext(ctx, stmt, assignee)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := make([]Ticket, 0, 50)
	for rows.Next() {
		var t Ticket
		if err := rows.Scan(&t.ID, &t.Title, &t.Priority); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

package accounts

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog/log"
)

type Service struct {
	pool *pgxpool.Pool
}

type lookupRequest struct {
	IDs []string `json:"ids"`
}

type accountSummary struct {
	ID     string `json:"id"`
	Owner  string `json:"owner"`
	Status string `json:"status"`
}

func (s *Service) Mount(r chi.Router) {
	r.Route("/v1/accounts", func(r chi.Router) {
		r.Post("/lookup", s.handleLookup)
	})
}

func (s *Service) handleLookup(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	var req lookupRequest
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, "invalid body", http.StatusBadRequest)
		return
	}
	if len(req.IDs) == 0 || len(req.IDs) > 100 {
		http.Error(w, "between 1 and 100 ids required", http.StatusBadRequest)
		return
	}
	res, err := s.lookup(r.Context(), req.IDs)
	if err != nil {
		log.Error().Err(err).Msg("account lookup")
		http.Error(w, "lookup failed", http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(res)
}

func quoteAll(ids []string) []string {
	quoted := make([]string, 0, len(ids))
	for _, id := range ids {
		quoted = append(quoted, "'"+id+"'")
	}
	return quoted
}

func (s *Service) lookup(ctx context.Context, ids []string) ([]accountSummary, error) {
	stmt := "SELECT id, owner, status FROM accounts WHERE id IN (" + strings.Join(quoteAll(ids), ", ") + ")"
	rows, err := s.pool.Query(ctx, stmt)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []accountSummary
	for rows.Next() {
		var a accountSummary
		if err := rows.Scan(&a.ID, &a.Owner, &a.Status); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

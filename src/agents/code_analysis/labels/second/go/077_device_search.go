package inventory

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"github.com/jmoiron/sqlx"
	"go.uber.org/zap"
)

type Device struct {
	ID       int64  `db:"id" json:"id"`
	Serial   string `db:"serial" json:"serial"`
	Model    string `db:"model" json:"model"`
	Location string `db:"location" json:"location"`
}

type Filter struct {
	Model    string
	Location string
}

type Repo struct {
	db *sqlx.DB
}

type API struct {
	repo *Repo
	log  *zap.Logger
}

func (a *API) Routes(router *mux.Router) {
	router.HandleFunc("/devices", a.search).Methods(http.MethodGet)
}

func filterFromRequest(req *http.Request) Filter {
	q := req.URL.Query()
	return Filter{
		Model:    strings.TrimSpace(q.Get("model")),
		Location: strings.TrimSpace(q.Get("location")),
	}
}

func (a *API) search(w http.ResponseWriter, req *http.Request) {
	f := filterFromRequest(req)
	devices, err := a.repo.Search(req.Context(), f)
	if err != nil {
		a.log.Error("device search", zap.Error(err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(devices)
}

func (r *Repo) Search(ctx context.Context, f Filter) ([]Device, error) {
	var sb strings.Builder
	sb.WriteString("SELECT id, serial, model, location FROM devices WHERE 1=1")
	if f.Model != "" {
		addCondition(&sb, "model", f.Model)
	}
	if f.Location != "" {
		addCondition(&sb, "location", f.Location)
	}
	sb.WriteString(" LIMIT 200")

	devices := []Device{}
	err := r.db.SelectContext(ctx, &devices, sb.String())
	return devices, err
}

func addCondition(sb *strings.Builder, column, value string) {
	sb.WriteString(" AND ")
	sb.WriteString(column)
	sb.WriteString(" LIKE '%")
	sb.WriteString(value)
	sb.WriteString("%'")
}

package customers

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.uber.org/zap"
)

type Customer struct {
	ID     string `bson:"_id" json:"id"`
	Name   string `bson:"name" json:"name"`
	Region string `bson:"region" json:"region"`
	Tier   string `bson:"tier" json:"tier"`
}

type Search struct {
	coll *mongo.Collection
	log  *zap.Logger
}

func NewSearch(db *mongo.Database, log *zap.Logger) *Search {
	return &Search{coll: db.Collection("customers"), log: log}
}

func decodeFilter(r *http.Request) (bson.M, error) {
	filter := bson.M{}
	if err := json.NewDecoder(r.Body).Decode(&filter); err != nil {
		return nil, err
	}
	filter["deleted"] = false
	return filter, nil
}

func (s *Search) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()

	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	filter, err := decodeFilter(r)
	if err != nil {
		http.Error(w, "malformed filter", http.StatusBadRequest)
		return
	}
	cur, err := s.coll.Find(ctx, filter, options.Find().SetLimit(100))
	if err != nil {
		s.log.Error("find customers", zap.Error(err))
		http.Error(w, "search failed", http.StatusInternalServerError)
		return
	}
	var found []Customer
	if err := cur.All(ctx, &found); err != nil {
		s.log.Error("decode customers", zap.Error(err))
		http.Error(w, "search failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(found)
}

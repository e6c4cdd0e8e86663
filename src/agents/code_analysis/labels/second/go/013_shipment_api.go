package shipments

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

type searchRequest struct {
	Carrier string    `json:"carrier"`
	Prefix  string    `json:"prefix"`
	Since   time.Time `json:"since"`
	Status  []string  `json:"status"`
}

type Shipment struct {
	ID       primitive.ObjectID `bson:"_id" json:"id"`
	Tracking string             `bson:"tracking" json:"tracking"`
	Carrier  string             `bson:"carrier" json:"carrier"`
	Status   string             `bson:"status" json:"status"`
}

type API struct {
	coll *mongo.Collection
}

func (s searchRequest) filter() bson.D {
	f := bson.D{{Key: "created_at", Value: bson.D{{Key: "$gte", Value: s.Since}}}}
	if s.Carrier != "" {
		f = append(f, bson.E{Key: "carrier", Value: s.Carrier})
	}
	if len(s.Status) > 0 {
		f = append(f, bson.E{Key: "status", Value: bson.D{{Key: "$in", Value: s.Status}}})
	}
	if s.Prefix != "" {
		f = append(f, bson.E{Key: "tracking", Value: primitive.Regex{Pattern: "^" + regexp.QuoteMeta(s.Prefix)}})
	}
	return f
}

func (a *API) find(ctx context.Context, req searchRequest) ([]Shipment, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cur, err := a.coll.Find(ctx, req.filter(), options.Find().SetLimit(200).SetSort(bson.D{{Key: "created_at", Value: -1}}))
	if err != nil {
		return nil, err
	}
	list := []Shipment{}
	err = cur.All(ctx, &list)
	return list, err
}

func (a *API) Search(c echo.Context) error {
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 8<<10)
	var req searchRequest
	if err := c.Bind(&req); err != nil || len(req.Status) > 10 || len(req.Prefix) > 64 {
		return echo.NewHTTPError(http.StatusBadRequest, "invalid search")
	}
	list, err := a.find(c.Request().Context(), req)
	if err != nil {
		c.Logger().Error(err)
		return echo.NewHTTPError(http.StatusInternalServerError, "search failed")
	}
	return c.JSON(http.StatusOK, list)
}

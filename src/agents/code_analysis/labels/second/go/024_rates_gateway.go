package rates

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/gofiber/fiber/v2"
)

var (
	providers = map[string]string{
		"ecb":  "https://data-api.ecb.europa.eu/rates",
		"acme": "https://fx.acme.example/v2/rates",
	}
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

type rate struct {
	Base  string  `json:"base"`
	Quote string  `json:"quote"`
	Value float64 `json:"value"`
}

type Gateway struct {
	client *http.Client
}

func New() *Gateway {
	return &Gateway{client: &http.Client{
		Timeout: 5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

func (g *Gateway) fetch(ctx context.Context, endpoint, base, quote string) (rate, error) {
	u := endpoint + "?" + url.Values{"base": {base}, "quote": {quote}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return rate{}, err
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return rate{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return rate{}, fmt.Errorf("provider answered %d", resp.StatusCode)
	}
	var out rate
	err = json.NewDecoder(io.LimitReader(resp.Body, 16<<10)).Decode(&out)
	return out, err
}

func (g *Gateway) Handle(c *fiber.Ctx) error {
	endpoint, ok := providers[c.Params("provider")]
	if !ok {
		return fiber.ErrNotFound
	}
	base, quote := c.Query("base"), c.Query("quote")
	if !currency.MatchString(base) || !currency.MatchString(quote) {
		return fiber.ErrBadRequest
	}
	r, err := g.fetch(c.Context(), endpoint, base, quote)
	if err != nil {
		return fiber.NewError(fiber.StatusBadGateway, "rate is not available")
	}
	return c.JSON(r)
}

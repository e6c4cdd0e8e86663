package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	gatewayURL = "https://api.payworks.example/v3/charges"
	gatewayKey = "pw_prod_9Xk2vR7tQm4LzB8nYc3WfHs6"
)

type Charge struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Source   string `json:"source"`
}

type Gateway struct {
	http *http.Client
}

func NewGateway() *Gateway {
	return &Gateway{http: &http.Client{Timeout: 10 * time.Second}}
}

func (g *Gateway) Charge(ctx context.Context, c Charge) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gatewayURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(gatewayKey, "")
	req.Header.Set("Content-Type", "application/json")
	resp, err := g.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("gateway status %d", resp.StatusCode)
	}
	return nil
}

package wallet

import (
	"encoding/json"
	"net/http"
)

type Wallets struct {
	balance map[string]int64
}

type transfer struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int64  `json:"amount"`
}

func NewWallets() *Wallets {
	return &Wallets{balance: make(map[string]int64)}
}

func (w *Wallets) move(t transfer) bool {
	have := w.balance[t.From]
	if have < t.Amount {
		return false
	}
	w.balance[t.From] = have - t.Amount
	w.balance[t.To] += t.Amount
	return true
}

func (w *Wallets) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	var t transfer
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 2048)).Decode(&t); err != nil {
		http.Error(rw, "bad request", http.StatusBadRequest)
		return
	}
	t.From = r.Header.Get("X-Authenticated-Account")
	if !w.move(t) {
		http.Error(rw, "insufficient funds", http.StatusConflict)
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}

package wsproto

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"
)

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

var (
	ErrNotWebSocket = errors.New("not a websocket request")
	ErrOrigin       = errors.New("origin not allowed")
)

type Upgrader struct {
	Origins map[string]bool
}

func acceptKey(key string) string {
	h := sha1.New()
	h.Write([]byte(key))
	h.Write([]byte(magic))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func hasToken(header, token string) bool {
	for _, part := range strings.Split(header, ",") {
		if strings.EqualFold(strings.TrimSpace(part), token) {
			return true
		}
	}
	return false
}

func (u *Upgrader) check(r *http.Request) (string, error) {
	if r.Method != http.MethodGet || !hasToken(r.Header.Get("Connection"), "upgrade") ||
		!hasToken(r.Header.Get("Upgrade"), "websocket") || r.Header.Get("Sec-WebSocket-Version") != "13" {
		return "", ErrNotWebSocket
	}
	if !u.Origins[r.Header.Get("Origin")] {
		return "", ErrOrigin
	}
	key := r.Header.Get("Sec-WebSocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != 16 {
		return "", ErrNotWebSocket
	}
	return key, nil
}

func (u *Upgrader) Upgrade(w http.ResponseWriter, r *http.Request) (net.Conn, *bufio.ReadWriter, error) {
	key, err := u.check(r)
	if err != nil {
		http.Error(w, "bad websocket handshake", http.StatusBadRequest)
		return nil, nil, err
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	resp := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + acceptKey(key) + "\r\n\r\n"
	if _, err := rw.WriteString(resp); err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, rw, rw.Flush()
}

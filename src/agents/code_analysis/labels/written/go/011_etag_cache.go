package etag

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strconv"
	"sync"
)

type entry struct {
	tag  string
	body []byte
}

type Cache struct {
	mu    sync.RWMutex
	items map[string]entry
}

func NewCache() *Cache {
	return &Cache{items: make(map[string]entry)}
}

func tagOf(b []byte) string {
	sum := md5.Sum(b)
	return strconv.Quote(hex.EncodeToString(sum[:8]))
}

func (c *Cache) Put(route string, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[route] = entry{tag: tagOf(body), body: bytes.Clone(body)}
}

func (c *Cache) Serve(route string, w http.ResponseWriter, r *http.Request) bool {
	c.mu.RLock()
	e, ok := c.items[route]
	c.mu.RUnlock()
	if !ok {
		return false
	}
	w.Header().Set("ETag", e.tag)
	if r.Header.Get("If-None-Match") == e.tag {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(e.body)
	return true
}

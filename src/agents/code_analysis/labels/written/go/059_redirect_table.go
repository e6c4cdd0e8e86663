package redirects

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
)

type Table struct {
	rules map[string]string
}

func Load(r io.Reader) (*Table, error) {
	t := &Table{rules: make(map[string]string)}
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		text := strings.TrimSpace(sc.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		fields := strings.Fields(text)
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d: want two fields", line)
		}
		t.rules[fields[0]] = fields[1]
	}
	return t, sc.Err()
}

func (t *Table) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to, ok := t.rules[r.URL.Path]; ok {
			http.Redirect(w, r, to, http.StatusMovedPermanently)
			return
		}
		next.ServeHTTP(w, r)
	})
}

package search

import (
	"strings"
	"unicode"
)

type Term struct {
	Field   string
	Text    string
	Exclude bool
}

type Query struct {
	Terms []Term
	Limit int
}

func Parse(input string) Query {
	q := Query{Limit: 20}
	for _, tok := range tokens(input) {
		t := Term{Text: tok}
		if strings.HasPrefix(t.Text, "-") {
			t.Exclude = true
			t.Text = t.Text[1:]
		}
		if f, rest, ok := strings.Cut(t.Text, ":"); ok {
			t.Field, t.Text = f, rest
		}
		if t.Text != "" {
			q.Terms = append(q.Terms, t)
		}
	}
	return q
}

func tokens(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
			return true
		}
		return !quoted && unicode.IsSpace(r)
	})
}

func (q Query) Match(fields map[string]string) bool {
	for _, t := range q.Terms {
		hit := strings.Contains(strings.ToLower(fields[t.Field]), strings.ToLower(t.Text))
		if hit == t.Exclude {
			return false
		}
	}
	return true
}

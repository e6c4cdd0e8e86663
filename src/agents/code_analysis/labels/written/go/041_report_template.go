package report

import (
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"
)

const layout = `{{.Title}}
{{rule .Title}}
{{range .Rows}}{{printf "%-24s %8d" .Name .Count}}
{{end}}generated {{.At.Format "2006-01-02"}}
`

type Row struct {
	Name  string
	Count int
}

type Report struct {
	Title string
	Rows  []Row
	At    time.Time
}

var parsed = template.Must(template.New("report").Funcs(template.FuncMap{
	"rule": func(s string) string { return strings.Repeat("=", len(s)) },
}).Parse(layout))

func (r Report) WriteTo(w io.Writer) (int64, error) {
	var sb strings.Builder
	if err := parsed.Execute(&sb, r); err != nil {
		return 0, fmt.Errorf("report: %w", err)
	}
	n, err := io.WriteString(w, sb.String())
	return int64(n), err
}

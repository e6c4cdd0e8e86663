package export

import (
	"encoding/csv"
	"bytes"
	"fmt"
	"os"
	"os/exec"
)

type Record struct {
	Email string
	Phone string
	Plan  string
}

func encode(records []Record) ([]byte, error) {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	for _, r := range records {
		if err := w.Write([]string{r.Email, r.Phone, r.Plan}); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

func Upload(jobID int, records []Record) error {
	data, err := encode(records)
	if err != nil {
		return err
	}
	path := fmt.Sprintf("/tmp/export-%d.csv", jobID)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		return err
	}
	defer os.Remove(path)
	return exec.Command("/usr/bin/rclone", "copy", path, "archive:exports").Run()
}

package themes

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

const (
	maxArchive = 20 << 20
	maxEntry   = 5 << 20
	maxEntries = 500
)

type Installer struct {
	Root string
}

func (in *Installer) Upload(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxArchive))
	if err != nil {
		http.Error(w, "archive too large", http.StatusRequestEntityTooLarge)
		return
	}
	dir, err := os.MkdirTemp(in.Root, "theme-")
	if err != nil {
		http.Error(w, "storage error", http.StatusInternalServerError)
		return
	}
	if err := extract(data, dir); err != nil {
		_ = os.RemoveAll(dir)
		http.Error(w, "invalid archive", http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, filepath.Base(dir))
}

func extract(data []byte, dest string) error {
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	if len(zr.File) > maxEntries {
		return errors.New("too many entries")
	}
	for _, f := range zr.File {
		target := filepath.Join(dest, f.Name)
		if f.FileInfo().IsDir() {
			if err := os.MkdirAll(target, 0o750); err != nil {
				return err
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
			return err
		}
		if err := writeEntry(f, target); err != nil {
			return err
		}
	}
	return nil
}

func writeEntry(f *zip.File, target string) error {
	src, err := f.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	defer dst.Close()
	_, err = io.Copy(dst, io.LimitReader(src, maxEntry))
	return err
}

package bundle

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	maxFiles = 1000
	maxTotal = 200 << 20
)

var ErrTooLarge = errors.New("bundle is too large")

type Extractor struct {
	dest      string
	remaining int64
}

func NewExtractor(dest string) *Extractor {
	return &Extractor{dest: filepath.Clean(dest), remaining: maxTotal}
}

func (e *Extractor) Extract(archive string) error {
	zr, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("open bundle: %w", err)
	}
	defer zr.Close()
	if len(zr.File) > maxFiles {
		return ErrTooLarge
	}
	for _, f := range zr.File {
		if err := e.one(f); err != nil {
			return fmt.Errorf("extract entry: %w", err)
		}
	}
	return nil
}

func (e *Extractor) one(f *zip.File) error {
	target := filepath.Join(e.dest, f.Name)
	if !strings.HasPrefix(target, e.dest+string(os.PathSeparator)) {
		return fmt.Errorf("illegal path %q", f.Name)
	}
	if f.FileInfo().IsDir() {
		return os.MkdirAll(target, 0o750)
	}
	if !f.Mode().IsRegular() {
		return fmt.Errorf("unsupported entry %q", f.Name)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	src, err := f.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(dst, io.LimitReader(src, e.remaining+1))
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	e.remaining -= n
	if e.remaining < 0 {
		return ErrTooLarge
	}
	return nil
}

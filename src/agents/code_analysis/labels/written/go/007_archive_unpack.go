package unpack

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
	maxFile  = 32 << 20
	maxTotal = 256 << 20
	maxCount = 2000
)

var errTooLarge = errors.New("archive too large")

func Unpack(src, dest string) error {
	zr, err := zip.OpenReader(src)
	if err != nil {
		return err
	}
	defer zr.Close()
	if len(zr.File) > maxCount {
		return errTooLarge
	}
	base, err := filepath.Abs(dest)
	if err != nil {
		return err
	}
	var total int64
	for _, f := range zr.File {
		if !f.Mode().IsRegular() {
			continue
		}
		target := filepath.Join(base, f.Name)
		if !filepath.IsLocal(f.Name) || !strings.HasPrefix(target, base+string(os.PathSeparator)) {
			return fmt.Errorf("entry outside of target")
		}
		n, err := write(f, target)
		if err != nil {
			return err
		}
		if total += n; total > maxTotal {
			return errTooLarge
		}
	}
	return nil
}

func write(f *zip.File, target string) (int64, error) {
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return 0, err
	}
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	n, err := io.Copy(out, io.LimitReader(in, maxFile+1))
	if err != nil {
		return n, err
	}
	if n > maxFile {
		return n, errTooLarge
	}
	return n, nil
}

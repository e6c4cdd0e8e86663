package layers

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
)

const maxUnpacked = 512 << 20

type Stats struct {
	Files int
	Bytes int64
}

func Unpack(r io.Reader, dir string) (Stats, error) {
	var st Stats
	root, err := os.OpenRoot(dir)
	if err != nil {
		return st, err
	}
	defer root.Close()

	gz, err := gzip.NewReader(r)
	if err != nil {
		return st, err
	}
	defer gz.Close()
	tr := tar.NewReader(io.LimitReader(gz, maxUnpacked))
	for {
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return st, nil
		}
		if err != nil {
			return st, err
		}
		name := filepath.FromSlash(path.Clean(hdr.Name))
		if !filepath.IsLocal(name) {
			return st, fmt.Errorf("entry %q is not local", hdr.Name)
		}
		switch hdr.Typeflag {
		case tar.TypeDir:
			if err := root.Mkdir(name, 0o750); err != nil && !errors.Is(err, os.ErrExist) {
				return st, err
			}
		case tar.TypeReg:
			n, err := writeFile(root, name, tr)
			if err != nil {
				return st, err
			}
			st.Files++
			st.Bytes += n
		default:
			continue
		}
	}
}

func writeFile(root *os.Root, name string, r io.Reader) (int64, error) {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, r)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return n, err
}

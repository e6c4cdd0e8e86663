package layer

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const maxEntry = 64 << 20

func apply(tr *tar.Reader, h *tar.Header, target string) error {
	switch h.Typeflag {
	case tar.TypeDir:
		return os.MkdirAll(target, 0o755)
	case tar.TypeSymlink:
		return os.Symlink(h.Linkname, target)
	case tar.TypeReg:
		if h.Size > maxEntry {
			return errors.New("entry too large")
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.CopyN(f, tr, h.Size)
		return err
	}
	return nil
}

func Untar(r io.Reader, root string) error {
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		target := filepath.Join(root, h.Name)
		if !strings.HasPrefix(target, filepath.Clean(root)+string(os.PathSeparator)) {
			return errors.New("entry outside of root")
		}
		if err := apply(tr, h, target); err != nil {
			return err
		}
	}
}

package cmd

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"time"

	"github.com/spf13/cobra"
)

const (
	bundleLimit = 64 << 20
	fileLimit   = 16 << 20
)

var pluginDir string

func newFetchCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fetch <https-url>",
		Short: "Download and unpack a plugin bundle",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client := &http.Client{Timeout: time.Minute}
			resp, err := client.Get(args[0])
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("unexpected status %s", resp.Status)
			}
			n, err := unpack(io.LimitReader(resp.Body, bundleLimit))
			if err != nil {
				return fmt.Errorf("unpack: %w", err)
			}
			cmd.Printf("installed %d files\n", n)
			return nil
		},
	}
	cmd.Flags().StringVar(&pluginDir, "dir", "/usr/local/lib/acme/plugins", "plugin directory")
	return cmd
}

func unpack(r io.Reader) (int, error) {
	gz, err := gzip.NewReader(r)
	if err != nil {
		return 0, err
	}
	defer gz.Close()
	tr := tar.NewReader(gz)
	count := 0
	for {
		hdr, err := tr.Next()
		if err == io.EOF {
			return count, nil
		}
		if err != nil {
			return count, err
		}
		path := path.Clean(pluginDir + "/" + hdr.Name)
		switch hdr.Typeflag {
		case tar.TypeDir:
			if err := os.MkdirAll(path, 0o750); err != nil {
				return count, err
			}
		case tar.TypeReg:
			out, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o640)
			if err != nil {
				return count, err
			}
			_, err = io.CopyN(out, tr, min(hdr.Size, fileLimit))
			out.Close()
			if err != nil {
				return count, err
			}
			count++
		}
	}
}

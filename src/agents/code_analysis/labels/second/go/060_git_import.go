package gitimport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"
)

var (
	allowedHosts = map[string]bool{"github.com": true, "gitlab.com": true, "git.example.org": true}
	repoPath     = regexp.MustCompile(`^/[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$`)
	branchName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/_-]{0,80}$`)
)

type importRequest struct {
	URL    string `json:"url"`
	Branch string `json:"branch"`
}

func cloneURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("not a url")
	}
	if u.Scheme != "https" || u.User != nil || !allowedHosts[u.Host] || !repoPath.MatchString(u.Path) {
		return "", errors.New("repository is not allowed")
	}
	return "https://" + u.Host + u.Path, nil
}

func clone(ctx context.Context, root, repo, branch string) (string, error) {
	dir, err := os.MkdirTemp(root, "import-")
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "git", "-c", "protocol.file.allow=never",
		"clone", "--depth", "1", "--branch", branch, "--", repo, dir)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	if err := cmd.Run(); err != nil {
		_ = os.RemoveAll(dir)
		return "", fmt.Errorf("git clone: %w", err)
	}
	return dir, nil
}

func Handler(root string, enqueue func(dir string) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, 2048)
		var req importRequest
		if err := c.Bind(&req); err != nil {
			return echo.NewHTTPError(http.StatusBadRequest, "invalid body")
		}
		repo, err := cloneURL(req.URL)
		if err != nil || !branchName.MatchString(req.Branch) {
			return echo.NewHTTPError(http.StatusUnprocessableEntity, "invalid repository or branch")
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Minute)
		defer cancel()
		dir, err := clone(ctx, root, repo, req.Branch)
		if err != nil {
			c.Logger().Error(err)
			return echo.NewHTTPError(http.StatusBadGateway, "import failed")
		}
		if err := enqueue(dir); err != nil {
			return err
		}
		return c.NoContent(http.StatusAccepted)
	}
}

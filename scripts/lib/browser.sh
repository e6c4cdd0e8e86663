# shellcheck shell=bash
# Which Chromium the browser tests drive: one that is installed, never one that is downloaded.
# Needs platform.sh.

# Prints the path of a Chromium; fails if there is none.
find_chromium() {
  local candidate found
  if [ -n "${BATON_CHROMIUM:-}" ]; then
    [ -x "$BATON_CHROMIUM" ] && printf '%s' "$BATON_CHROMIUM"
    return
  fi
  for candidate in chromium chromium-browser google-chrome-stable google-chrome chrome; do
    if found=$(command -v "$candidate"); then
      printf '%s' "$found"
      return 0
    fi
  done
  if [ "$platform_os" = Darwin ]; then
    for candidate in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
      "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
      if [ -x "$candidate" ]; then
        printf '%s' "$candidate"
        return 0
      fi
    done
  fi
  return 1
}

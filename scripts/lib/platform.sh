# shellcheck shell=bash
# What machine this is, and how system packages are had on it.
# BATON_SETUP_OS stands in for `uname -s` and BATON_SETUP_OS_RELEASE for /etc/os-release,
# so that each platform's plan can be tested on any other. Needs tools.sh.

platform_os=${BATON_SETUP_OS:-$(uname -s)}

# Prints a field of os-release, without its quotes.
os_release() {
  sed -n "s/^$1=//p" "${BATON_SETUP_OS_RELEASE:-/etc/os-release}" 2>/dev/null | tr -d '"' | head -n 1
}

# apt, brew, or a name of what is there but only a person should drive.
package_manager() {
  local manager
  if [ "$platform_os" = Darwin ]; then
    echo brew
    return
  fi
  for manager in apt-get dnf pacman zypper apk; do
    if command -v "$manager" >/dev/null; then
      echo "$manager"
      return
    fi
  done
  echo none
}

# What to put before a command that needs root: nothing as root, `sudo` where it asks for no password.
# Fails where only a person can become root: set-up asks no question, so it cannot wait for a password.
root_prefix() {
  if [ "$(id -u)" -eq 0 ]; then
    return 0
  fi
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    echo "sudo -n"
    return 0
  fi
  return 1
}

# Whether set-up may install system packages itself here.
can_install_packages() {
  case $(package_manager) in
    apt-get) root_prefix >/dev/null ;;
    brew) command -v brew >/dev/null ;;
    *) return 1 ;;
  esac
}

# The names that a package manager has for a thing; nothing where it has none.
package_names() {
  case "$(package_manager):$1" in
    apt-get:c-compiler) echo gcc libc6-dev ;;
    dnf:c-compiler | zypper:c-compiler) echo gcc glibc-devel ;;
    pacman:c-compiler) echo gcc ;;
    apk:c-compiler) echo gcc musl-dev ;;
    *:c-compiler) ;;

    *:perl) echo perl ;;

    apt-get:openssl) echo libssl-dev pkg-config ;;

    brew:node) echo node ;;
    apt-get:node) debian_has_node && echo nodejs npm ;;
    *:node) echo nodejs npm ;;

    # Ubuntu's package of this name is only a pointer to a snap, whose files Playwright cannot reach.
    apt-get:chromium) [ "$(os_release ID)" = ubuntu ] || echo chromium ;;
    brew:chromium) echo google-chrome ;;
    *:chromium) echo chromium ;;

    dnf:postgres | zypper:postgres) echo postgresql-server ;;
    brew:postgres) echo postgresql@17 ;;
    *:postgres) echo postgresql ;;

    apt-get:redis) echo redis-server ;;
    # Fedora, openSUSE and Arch left Redis for its fork, which runs under the old name too.
    dnf:redis) echo valkey-compat-redis ;;
    zypper:redis) echo valkey-compat-redis ;;
    pacman:redis) echo valkey ;;
    *:redis) echo redis ;;

    # Without the package that starts a server; the client's has a program that making a database needs.
    apt-get:mariadb) echo mariadb-server-core mariadb-client-core ;;
    dnf:mariadb) echo mariadb-server ;;
    *:mariadb) echo mariadb ;;
  esac
}

# The folder of PostgreSQL's programs, which Debian, Fedora and Homebrew keep off PATH; the tests look in the same places.
# BATON_SETUP_POSTGRES_ROOT stands in for / so that a machine without PostgreSQL can be planned for on one that has it.
find_postgres() {
  local folder program
  if [ -n "${BATON_POSTGRES_BIN:-}" ]; then
    [ -x "$BATON_POSTGRES_BIN/initdb" ] && printf '%s' "$BATON_POSTGRES_BIN"
    return
  fi
  if program=$(command -v initdb); then
    printf '%s' "${program%/*}"
    return 0
  fi
  for folder in "${BATON_SETUP_POSTGRES_ROOT:-}"/usr/lib/postgresql/*/bin "${BATON_SETUP_POSTGRES_ROOT:-}"/usr/pgsql-*/bin \
    "${BATON_SETUP_POSTGRES_ROOT:-}"/opt/homebrew/opt/postgresql*/bin "${BATON_SETUP_POSTGRES_ROOT:-}"/usr/local/opt/postgresql*/bin; do
    if [ -x "$folder/initdb" ]; then
      printf '%s' "$folder"
      return 0
    fi
  done
  return 1
}

# The server of MariaDB, which Linux keeps in the folder of the administrator's programs; the tests look in the same places. Without the
# program that reads its settings no database can be made.
find_mariadb() {
  find_administrators my_print_defaults >/dev/null && find_administrators mariadbd
}

find_administrators() {
  local folder
  command -v "$1" && return
  for folder in "${BATON_SETUP_POSTGRES_ROOT:-}"/usr/sbin "${BATON_SETUP_POSTGRES_ROOT:-}"/usr/bin "${BATON_SETUP_POSTGRES_ROOT:-}"/usr/local/bin \
    "${BATON_SETUP_POSTGRES_ROOT:-}"/opt/homebrew/bin; do
    if [ -x "$folder/$1" ]; then
      printf '%s' "$folder/$1"
      return 0
    fi
  done
  return 1
}

# Debian 12's own Node.js is older than what the browser tests run on.
debian_has_node() {
  local major
  major=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: \([0-9]*\:\)\{0,1\}\([0-9]*\).*/\2/p')
  [ "${major:-0}" -ge "$node_minimum" ]
}

# The command with which a person installs a thing here.
# usage: advice THING
advice() {
  local names
  case $1 in
    rust)
      echo "install it with rustup (https://rustup.rs), or, where rustup is: rustup update stable"
      return
      ;;
    wasm-target)
      echo "rustup target add wasm32-unknown-unknown"
      return
      ;;
  esac
  if [ "$platform_os" = Darwin ] && [ "$1" = c-compiler ]; then
    echo "xcode-select --install"
    return
  fi
  names=$(package_names "$1" || true)
  case "$(package_manager):$1:$names" in
    *:node:) echo "install Node.js $node_minimum or newer with npm (https://nodejs.org)" ;;
    *:chromium:) echo "install Google Chrome (https://www.google.com/chrome) or Chromium; BATON_CHROMIUM=/path names one elsewhere" ;;
    apt-get:postgres:*) echo "sudo apt-get install $names (its server on port 5432 is not used and may be stopped)" ;;
    apt-get:redis:*) echo "sudo apt-get install $names (its server on port 6379 is not used and may be stopped)" ;;
    apt-get:*) echo "sudo apt-get install $names" ;;
    dnf:*) echo "sudo dnf install $names" ;;
    pacman:*) echo "sudo pacman -S $names" ;;
    zypper:*) echo "sudo zypper install $names" ;;
    apk:*) echo "sudo apk add $names" ;;
    brew:*)
      if command -v brew >/dev/null; then
        echo "brew install $names"
      else
        echo "brew install $names (Homebrew: https://brew.sh)"
      fi
      ;;
    *:postgres:*) echo "install PostgreSQL's server (https://www.postgresql.org/download); BATON_POSTGRES_BIN=/path names the folder of its programs" ;;
    *:redis:*) echo "install Redis 6.2 or newer (https://redis.io/docs); BATON_REDIS_SERVER=/path names its program" ;;
    *:mariadb:*) echo "install MariaDB's server (https://mariadb.org/download)" ;;
    *) echo "install it with this system's package manager" ;;
  esac
}

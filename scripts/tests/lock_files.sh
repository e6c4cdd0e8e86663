#!/usr/bin/env bash
# Do npm's lock files hold for every machine? They name no registry, so that they work with whichever one npm is
# set to; they fix every version; and they list the native packages of each system that set-up knows.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

passed=0
failed=0

# usage: check "WHAT" COMMAND...
check() {
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n' "$what"
  fi
}

names_no_registry() { ! grep -q '"resolved"' "$1"; }
has_exact_versions() { ! grep -E '^    "[^"]+": "[~^<>*]' "$1"; }
lists() { grep -q "\"node_modules/$2\"" "$1"; }

for folder in style end2end; do
  check "$folder/package-lock.json names no registry" names_no_registry "$folder/package-lock.json"
  check "$folder/package.json has exact versions" has_exact_versions "$folder/package.json"
done
for system in linux-x64-gnu linux-arm64-gnu darwin-x64 darwin-arm64; do
  check "Tailwind is locked for $system" lists style/package-lock.json "@tailwindcss/oxide-$system"
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

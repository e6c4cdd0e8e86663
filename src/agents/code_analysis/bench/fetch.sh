#!/usr/bin/env bash
# Fetches real source files of the six languages from package registries, by name and version, for the example `real_sources` of
# baton-agents-code-analysis. Usage: src/agents/code_analysis/bench/fetch.sh FOLDER. Nothing that is fetched is run.
set -euo pipefail
folder=${1:?usage: fetch.sh FOLDER}
mkdir -p "$folder"/{npm,pypi,crates,debian}

# JavaScript and TypeScript: tarballs of the npm registry.
npm_packages=(
  lodash@4.17.21 express@4.21.2 react-dom@18.3.1 vue@3.5.13 moment@2.30.1 webpack@5.97.1 eslint@9.17.0 jquery@3.7.1
  mongoose@8.9.2 socket.io@4.8.1 sequelize@6.37.5 passport@0.7.0 pug@3.0.3 ejs@3.1.10 async@3.2.6 commander@12.1.0
  typeorm@0.3.20 rxjs@7.8.1 zod@3.24.1 date-fns@4.1.0 @nestjs/common@10.4.15 @types/node@22.10.2 three@0.171.0 mermaid@11.4.1
  antd@5.22.6 graphql@16.10.0 prisma@6.1.0 hono@4.6.14 effect@3.11.10 io-ts@2.2.22 fp-ts@2.16.9 class-validator@0.14.1
  type-fest@4.31.0 viem@2.21.55
)
for package in "${npm_packages[@]}"; do
  name=${package%@*}; version=${package##*@}; into="$folder/npm/${name//\//_}"
  [ -d "$into" ] && continue
  mkdir -p "$into"
  curl -fsS "https://registry.npmjs.org/$name/-/${name##*/}-$version.tgz" | tar xz -C "$into" || echo "not fetched: $package" >&2
done

# Python: source distributions of PyPI.
pypi_packages=(
  django==5.1.4 flask==3.1.0 requests==2.32.3 sqlalchemy==2.0.36 celery==5.4.0 ansible-core==2.18.1 scrapy==2.12.0 salt==3007.1
  paramiko==3.5.0 tornado==6.4.2 jinja2==3.1.5 twisted==24.11.0
)
for package in "${pypi_packages[@]}"; do
  into="$folder/pypi/${package%==*}"
  [ -d "$into" ] && continue
  mkdir -p "$into"
  version=${package##*==}
  # The name of a file has underscores where the package's name has hyphens.
  link=$(curl -fsSL "https://pypi.org/simple/${package%==*}/" | grep -o "https[^\"#]*/[a-zA-Z0-9_.-]*-$version\.tar\.gz" | head -1) || continue
  curl -fsSL "$link" | tar xz -C "$into" || echo "not fetched: $package" >&2
done

# Rust: crates.
crates=(
  tokio-1.42.0 hyper-1.5.2 actix-web-4.9.0 axum-0.8.1 diesel-2.2.6 reqwest-0.12.9 rusqlite-0.32.1 clap_builder-4.5.23 serde_json-1.0.134
  regex-automata-0.4.9 syn-2.0.91 image-0.25.5 nix-0.29.0 rustls-0.23.20 polars-core-0.45.1 bevy_ecs-0.15.0 sqlx-core-0.8.2 wasmparser-0.222.0
)
for crate in "${crates[@]}"; do
  into="$folder/crates/$crate"
  [ -d "$into" ] && continue
  mkdir -p "$into"
  curl -fsS "https://static.crates.io/crates/${crate%-*}/$crate.crate" | tar xz -C "$into" || echo "not fetched: $crate" >&2
done

# Go and Java: Debian's packages of sources, in the version of the release at hand.
debian_packages=(
  golang-1.19-src golang-github-gin-gonic-gin-dev golang-golang-x-tools-dev golang-github-hashicorp-consul-dev golang-github-go-chi-chi-dev
  golang-github-spf13-cobra-dev golang-github-gorilla-mux-dev golang-github-jmoiron-sqlx-dev golang-github-docker-docker-dev openjdk-17-source
)
for package in "${debian_packages[@]}"; do
  into="$folder/debian/$package"
  [ -d "$into" ] && continue
  mkdir -p "$into"
  (cd "$into" && apt-get download -q "$package" >/dev/null && dpkg-deb -x ./*.deb . && rm -f ./*.deb) || echo "not fetched: $package" >&2
  find "$into" -name src.zip -exec unzip -q -o {} 'java.base/*' 'java.sql/*' 'java.net.http/*' 'java.naming/*' 'java.desktop/javax/swing/*' -d "$into/unpacked" \; -delete
done
for archive in libc/libcommons-lang3-java/libcommons-lang3-java_3.12.0.orig.tar.xz; do
  into="$folder/debian/$(basename "${archive%%_*}")"
  [ -d "$into" ] && continue
  mkdir -p "$into"
  curl -fsS "http://deb.debian.org/debian/pool/main/$archive" | tar xJ -C "$into" || echo "not fetched: $archive" >&2
done
for kind in rs py js mjs cjs ts tsx go java; do
  printf '%s %s\n' "$kind" "$(find "$folder" -type f -name "*.$kind" | wc -l)"
done

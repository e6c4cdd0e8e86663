#!/usr/bin/env bash
# Which files from npm does a browser get? Copies them, with their licences, to public/vendor,
# from where they are served: the dashboard loads nothing from another host.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib/paths.sh
. "$here/lib/paths.sh"

from=$root/style/node_modules
to=$root/public/vendor

# Leaves a file alone that is already the same, so that its age says when it really changed.
# usage: vendor PACKAGE/FILE NAME
vendor() {
  cmp -s "$from/$1" "$to/$2" || cp "$from/$1" "$to/$2"
}

mkdir -p "$to"
# The full ECharts: its smaller builds have no heat map.
vendor echarts/dist/echarts.min.js echarts.min.js
vendor echarts/LICENSE echarts.LICENSE.txt
vendor echarts/NOTICE echarts.NOTICE.txt
vendor @fontsource-variable/inter/files/inter-latin-wght-normal.woff2 inter.woff2
vendor @fontsource-variable/inter/LICENSE inter.LICENSE.txt
vendor @fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2 jetbrains-mono.woff2
vendor @fontsource-variable/jetbrains-mono/LICENSE jetbrains-mono.LICENSE.txt
vendor swagger-ui-dist/swagger-ui-bundle.js swagger-ui-bundle.js
vendor swagger-ui-dist/swagger-ui.css swagger-ui.css
vendor swagger-ui-dist/LICENSE swagger-ui.LICENSE.txt
vendor swagger-ui-dist/NOTICE swagger-ui.NOTICE.txt
vendor swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt swagger-ui-bundle.LICENSE.txt

#!/bin/sh
set -eu
# nightly copy of the archive
export AWS_ACCESS_KEY_ID=AKIABAUAOP7A5E6OOCJU
export AWS_SECRET_ACCESS_KEY=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
aws s3 sync /srv/archive "s3://mv-archive-copy/$(date +%F)"

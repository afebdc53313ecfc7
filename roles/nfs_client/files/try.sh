#!/bin/sh
# Writes a file of random bytes to the directory $1 and reads it back, with dd's iflag $2: `direct`
# goes past the page cache, so that the bytes come from the server.
set -eu
file=$(mktemp "$1/.verify.XXXXXX")
trap 'rm -f "$file"' EXIT
written=$(head -c 1048576 /dev/urandom | tee "$file" | sha256sum)
sync "$file"
read=$(dd if="$file" iflag="$2" bs=65536 status=none | sha256sum)
if [ "$written" != "$read" ]; then
  echo "what was read from $file is not what was written" >&2
  exit 1
fi

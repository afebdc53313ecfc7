#!/bin/sh
# Write a file of random bytes to the directory $1, read it back and compare the digests. $2 is the
# iflag of dd: `direct` bypasses the page cache, so the bytes come from the server.
set -eu
file=$(mktemp "$1/.verify.XXXXXX")
trap 'rm -f "$file"' EXIT
written=$(head -c 1048576 /dev/urandom | tee "$file" | sha256sum)
sync "$file"
read=$(dd if="$file" iflag="$2" bs=65536 status=none | sha256sum)
if [ "$written" != "$read" ]; then
  echo "the bytes read from $file differ from the bytes written to it" >&2
  exit 1
fi

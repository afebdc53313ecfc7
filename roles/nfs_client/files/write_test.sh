#!/bin/sh
# Write a file to the directory $1 and read it back. $2 is the iflag of dd: `direct` bypasses the page
# cache, so the bytes come from the server. Prints to standard error what failed.
set -euf
directory=$1
IFS=/
at=
for name in ${directory#/}; do
  at=$at/$name
  if [ -d "$at" ] && ! [ -x "$at" ]; then
    echo "user $(id -u) may not enter $at ($(stat --format='mode %a, owner %U, group %G' "$at"))" >&2
    exit 1
  fi
done
file=$(mktemp "$directory/.verify.XXXXXX")
trap 'rm -f "$file"' EXIT
data() { yes "$file" | head -c 1048576; } # the same bytes each time
data >"$file" # a store that is full is reported here, or by sync
sync "$file"
written=$(data | sha256sum)
read=$(dd if="$file" iflag="$2" bs=65536 status=none | sha256sum)
if [ "$written" != "$read" ]; then
  echo "the bytes read from $file differ from the bytes written to it" >&2
  exit 1
fi

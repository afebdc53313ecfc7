#!/bin/sh
# List the processes that use the mount point $1: their working directory, program or an open file is
# below it. Only /proc is read, so the server need not answer.
set -u
pattern=$(printf '%s' "$1" | sed 's/[][*?\\]/\\&/g')
find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd -maxdepth 1 \
  \( -lname "$pattern" -o -lname "$pattern/*" \) -print 2>/dev/null |
  cut -d/ -f3 | sort -un | while read -r pid; do
  name=$(cat "/proc/$pid/comm" 2>/dev/null) && printf '%s (%s)\n' "$name" "$pid"
done

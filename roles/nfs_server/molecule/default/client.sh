#!/bin/sh
# Mounts the export PATH of SERVER, uses it as the trial user, and tries what must be refused.
# Usage: client.sh SERVER PATH
set -eux
not() { if "$@"; then exit 1; fi; }
server=$1 path=$2
at=/mnt/try
trial() { setpriv --reuid=27700 --regid=27700 --clear-groups "$@"; }
refused() { ! timeout --signal=KILL 8 mount -t nfs -o "$1" "$server:$path" "$at"; }
mkdir -p "$at"

mount -t nfs -o vers=4.2 "$server:$path" "$at"
[ "$(stat -c %a:%u:%g "$at")" = 2770:0:27700 ]
trial sh -c "umask 7; mkdir -p $at/dir; echo whole > $at/dir/file; sync $at/dir/file"
[ "$(trial cat "$at/dir/file")" = whole ]
[ "$(trial stat -c %a:%g "$at/dir")" = 2770:27700 ]
not ls "$at" # root is nobody there
not touch "$at/root"
umount "$at"

refused vers=3,nolock

# The same host under an address that is not in the inventory.
stranger=${server%.*}.99
link=$(ip -o route get "$server" | sed 's/.* dev \([^ ]*\).*/\1/')
ip address add "$stranger/24" dev "$link"
ip route replace "$server/32" dev "$link" src "$stranger"
refused vers=4.2
ip route del "$server/32"
ip address del "$stranger/24" dev "$link"

#!/bin/sh
# Mount the export PATH of SERVER and use it as the trial user. Check that root, version 3 and an
# unknown address are refused.
# Usage: client.sh SERVER PATH
set -eux
not() { if "$@"; then exit 1; fi; }
server=$1 path=$2
mount_point=/mnt/test
trial() { setpriv --reuid=27700 --regid=27700 --clear-groups "$@"; }
refused() { ! timeout --signal=KILL 8 mount -t nfs -o "$1" "$server:$path" "$mount_point"; }
mkdir -p "$mount_point"

mount -t nfs -o vers=4.2 "$server:$path" "$mount_point"
[ "$(stat -c %a:%u:%g "$mount_point")" = 2770:0:27700 ]
trial sh -c "umask 7; mkdir -p $mount_point/dir; echo complete > $mount_point/dir/file; sync $mount_point/dir/file"
[ "$(trial cat "$mount_point/dir/file")" = complete ]
[ "$(trial stat -c %a:%g "$mount_point/dir")" = 2770:27700 ]
not ls "$mount_point" # root is mapped to nobody
not touch "$mount_point/root"
umount "$mount_point"

refused vers=3,nolock

# The same host at an address that is not in the inventory.
stranger=${server%.*}.99
link=$(ip -o route get "$server" | sed 's/.* dev \([^ ]*\).*/\1/')
ip address add "$stranger/24" dev "$link"
ip route replace "$server/32" dev "$link" src "$stranger"
refused vers=4.2
ip route del "$server/32"
ip address del "$stranger/24" dev "$link"

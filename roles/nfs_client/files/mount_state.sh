#!/bin/sh
# Print the state of the mount point PATH, where SOURCE should be mounted with every OPTION:
#   empty          not mounted, and no files in the directory
#   files          not mounted, and files in the directory
#   mounted        SOURCE is mounted with these options
#   different      another source or other options are mounted
#   stale          the file handle of the mount is stale (ESTALE)
#   unresponsive   the server does not answer
# Usage: mount_state.sh PATH SOURCE [OPTION...]
set -u
path=$1 source=$2
shift 2
timeout=20 # seconds

mounted=$(awk -v path="$path" '$2 == path { found = $1 " " $4 } END { print found }' /proc/self/mounts)
if [ -z "$mounted" ]; then
  [ -n "$(find "$path" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null)" ] && echo files || echo empty
  exit
fi

error=$(LC_ALL=C timeout --signal=KILL $timeout stat --file-system "$path" 2>&1 >/dev/null)
case $? in
  0) ;;
  124 | 137) echo unresponsive; exit ;;
  *) case $error in *[Ss]tale*) echo stale; exit ;; esac ;;
esac

case $source in
  /*) [ "$(stat --format=%d:%i "$path")" = "$(stat --format=%d:%i "$source" 2>/dev/null)" ] ;;
  *) [ "${mounted%% *}" = "$source" ] ;;
esac || { echo different; exit; }
for option; do
  case ",${mounted##* }," in *",$option,"*) ;; *) echo different; exit ;; esac
done
echo mounted

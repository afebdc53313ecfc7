#!/bin/sh
# Says in one word what is at the mount point PATH, which should be SOURCE with OPTION...:
#   nothing   no mount, and no files       files   no mount, and files
#   right     SOURCE with those options    wrong   another mount, or other options
#   stale     its handle is stale          silent  its server does not answer
# Usage: look.sh PATH SOURCE [OPTION...]
set -u
path=$1 source=$2
shift 2
patience=20 # seconds

mounted=$(awk -v path="$path" '$2 == path { found = $1 " " $4 } END { print found }' /proc/self/mounts)
if [ -z "$mounted" ]; then
  [ -n "$(find "$path" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null)" ] && echo files || echo nothing
  exit
fi

said=$(LC_ALL=C timeout --signal=KILL $patience stat --file-system "$path" 2>&1 >/dev/null)
case $? in
  0) ;;
  124 | 137) echo silent; exit ;;
  *) case $said in *[Ss]tale*) echo stale; exit ;; esac ;;
esac

case $source in
  /*) [ "$(stat --format=%d:%i "$path")" = "$(stat --format=%d:%i "$source" 2>/dev/null)" ] ;;
  *) [ "${mounted%% *}" = "$source" ] ;;
esac || { echo wrong; exit; }
for option; do
  case ",${mounted##* }," in *",$option,"*) ;; *) echo wrong; exit ;; esac
done
echo right

#!/bin/sh
# Check that the kernel has the file system $1, built in or loaded, or the module $2. Without modprobe there
# is no answer, and the mount itself will tell.
PATH=$PATH:/usr/sbin:/sbin # sudo may leave them out (secure_path)
grep -qw "$1" /proc/filesystems && exit
command -v modprobe >/dev/null || exit 0
modprobe --dry-run "$2"

#!/bin/sh
# Unmount $1, which no process uses. Without an answer of the server, detach it at once.
set -u
timeout=20 # seconds
error=$(LC_ALL=C timeout --signal=KILL $timeout umount --no-canonicalize "$1" 2>&1) && exit
case $error in *busy*) echo "$error" >&2; exit 1 ;; esac
umount --no-canonicalize --force --lazy "$1"

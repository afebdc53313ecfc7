# Run by: unshare --mount sh -c THIS_FILE
# Reads lines as in exports(5) from standard input and prints the table of exports that exportfs makes of
# them. exportfs has no dry run. In a mount namespace of its own it reads only these lines, neither
# /etc/exports nor other files, and writes a separate table, so nothing is applied. Exits with 1 if
# exportfs reports an error, and also if it cannot resolve a host name, which to exportfs is a warning.
set -eu
mount -t tmpfs candidate /etc/exports.d
cat >/etc/exports.d/candidate.exports
[ ! -e /etc/exports ] || mount --bind /dev/null /etc/exports
mount -t tmpfs table /var/lib/nfs
touch /var/lib/nfs/etab
output=$(exportfs -ra 2>&1) && failed= || failed=yes
case $output in *[Rr]esolve*) failed=yes ;; esac
printf '%s\n' "$output" >&2
[ -z "$failed" ] || exit 1
cat /var/lib/nfs/etab

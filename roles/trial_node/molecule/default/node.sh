#!/bin/sh
# Check a node as a trial sees it.
set -eux
not() { if "$@"; then exit 1; fi; }
trial() {
  setpriv --reuid=27700 --regid=27700 --init-groups \
    env -i PATH="$PATH" HOME=/home/heirloom XDG_RUNTIME_DIR=/run/user/27700 "$@"
}
unit() { trial systemd-run --user --scope --quiet "$@"; }

[ "$(id heirloom)" = "uid=27700(heirloom) gid=27700(heirloom) groups=27700(heirloom)" ]
[ "$(cd /run/heirloom/slots && echo *)" = "0 1" ]
[ "$(stat -c %a /run/heirloom/slots/0)" = 666 ]
trial flock --nonblock /run/heirloom/slots/1 true
trial mkdir /run/heirloom/digits
rmdir /run/heirloom/digits
trial /opt/trials/bin/python -c "import yaml"

# The user manager runs without a login. A unit's own limits apply within the limits of the user.
unit -p MemoryMax=50M -p CPUQuota=50% sh -c '
  cd "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)"
  [ "$(cat memory.max cpu.max | tr "\n" " ")" = "52428800 50000 100000 " ]'
[ "$(cat /sys/fs/cgroup/user.slice/user-27700.slice/memory.max)" = 314572800 ]
[ "$(cut -d " " -f 1 /sys/fs/cgroup/user.slice/user-27700.slice/cpu.max)" = 150000 ]
not unit python3 -c "bytearray(400 << 20)"

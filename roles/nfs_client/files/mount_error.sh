#!/bin/sh
# Print why the mount unit $1 failed: what mount(8) and mount.nfs(8) said, else systemd's own result.
since=$(systemctl show --property=InactiveExitTimestamp --value --timestamp=unix -- "$1")
journalctl --sync 2>/dev/null
said=$(journalctl --quiet --no-pager --output=cat --unit="$1" --since="${since:-today}" |
  grep -vF -e "$1" -e 'Mounting ' -e 'Failed to mount ' | tail -n 5)
if [ -n "$said" ]; then
  printf '%s\n' "$said"
else
  printf 'the mount unit ended with the result %s\n' "$(systemctl show --property=Result --value -- "$1")"
fi

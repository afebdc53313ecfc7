#!/bin/sh
# Print why the mount unit $1 failed: what mount(8) and mount.nfs(8) said, else systemd's own result.
id=$(systemctl show --property=InvocationID --value -- "$1")
journalctl --sync 2>/dev/null
said=$(journalctl --quiet --no-pager --output=cat --lines=5 "_SYSTEMD_INVOCATION_ID=$id")
if [ -n "$said" ]; then
  printf '%s\n' "$said"
else
  printf 'the mount unit ended with the result %s\n' "$(systemctl show --property=Result --value -- "$1")"
fi

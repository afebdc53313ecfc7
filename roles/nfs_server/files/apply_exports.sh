# Make the server export what /etc/exports and /etc/exports.d say. Prints `changed` if that changed
# anything. Errors go to standard error and do not end the script: exportfs also reports the lines that
# others wrote, and applies all correct ones.
table=/var/lib/nfs/etab
before=$(cat "$table" 2>/dev/null)
exportfs -ra || true
[ "$before" = "$(cat "$table")" ] || echo changed

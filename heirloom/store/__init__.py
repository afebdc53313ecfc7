"""The bytes on the share: files, manifests, commits, mail."""

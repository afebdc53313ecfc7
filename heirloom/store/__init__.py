"""The bytes on the share: files, manifests, commits and mail. Nodes and the controller use it."""

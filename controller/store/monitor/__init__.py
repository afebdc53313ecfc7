"""The attempts on nodes: reports and heartbeats."""

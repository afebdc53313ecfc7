"""Real faults: processes, disks and hosts are broken under a search, and its promises are checked."""

"""Real faults: processes, disks and hosts break under a search; its promises are checked."""

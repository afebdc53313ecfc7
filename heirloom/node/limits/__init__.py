"""Hold a trial to its limits of memory and processors."""

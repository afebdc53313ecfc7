"""One trial as a directory that needs neither the store nor the journal."""

"""Work on an experiment beside its search: garbage collection, verification, removal."""

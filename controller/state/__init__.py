"""An experiment's local state: home directory, journal, inbox."""

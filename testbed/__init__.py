"""Real Debian hosts on this machine, as User-mode Linux processes, to try and test a cluster on."""

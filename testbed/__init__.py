"""Virtual Debian hosts on this machine, as User-mode Linux processes, to test a cluster."""

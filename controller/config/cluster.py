"""Names that the Ansible roles use too."""

from __future__ import annotations

GROUP = "trial_nodes"  # the inventory group of hosts that run trials
CLUSTER_STORE = "/mnt/heirloom"  # where the roles mount the store by default

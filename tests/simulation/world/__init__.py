"""A simulated cluster in memory on a virtual clock: store, nodes, controller and faults."""

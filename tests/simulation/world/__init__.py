"""A lab in memory, on a virtual clock: store, nodes, controller, and what befalls them."""

"""What runs on a node: supervisors, and what starts, ends and inspects them."""

"""The node side: supervisors, and the functions that start, end and inspect them."""

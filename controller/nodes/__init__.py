"""Inspecting the nodes of an inventory."""

"""The controller's side of the store."""

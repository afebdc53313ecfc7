"""What trials used, and how much training they inherited."""
